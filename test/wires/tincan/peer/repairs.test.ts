import { expect, test } from '@jest/globals';
import { Fragments } from '../../../../src/wires/tincan/peer/fragments.ts';
import type { Fragment } from '../../../../src/wires/tincan/peer/fragments.ts';
import { Repairs } from '../../../../src/wires/tincan/peer/repairs.ts';

/** One piece of a line, and the packets that carry it. */
class Piece {
  readonly repairs = new Repairs();
  readonly #fragments = new Fragments();
  readonly #fragment: Fragment;
  readonly #packets = new Map<number, { packetNumber: number; lostBy: Lost; stamp: { sentAt: number } }>();

  constructor() {
    const frame = {
      type: 'line',
      kind: 'room',
      seq: 2,
      offset: 0,
      fin: true,
      bytes: new Uint8Array(5),
    } as const;
    const line = { seq: 2, through: 2, endCost: 0, cutWhole: true, unheld: 0 };
    this.#fragment = this.#fragments.add(frame, 10, line);
  }

  send(packetNumber: number, now: number, isProbe = false) {
    const repeat = this.repairs.onSend(this.#fragment, packetNumber, isProbe, now);
    this.#fragments.onSent(this.#fragment, packetNumber, now);
    this.#packets.set(packetNumber, { packetNumber, lostBy: undefined, stamp: { sentAt: now } });
    return repeat;
  }

  lose(packetNumber: number, lostBy: 'ack-gap' | 'timer'): void {
    const packet = this.#packet(packetNumber);
    packet.lostBy = lostBy;
    this.#fragments.onLost(this.#fragment);
    this.repairs.onLost(this.#fragment, packet);
  }

  arrive(packetNumber: number): void {
    this.#fragments.onAcked(this.#fragment);
    this.repairs.onAcked(this.#fragment, this.#packet(packetNumber));
  }

  /** All repairs, those of each kind, and how much later on average. */
  get figures(): readonly (number | undefined)[] {
    const figures = this.repairs.figures;
    return KEYS.map((key) => figures[key]);
  }

  get arrivedIn(): number | undefined {
    return this.repairs.arrivedIn(this.#fragment);
  }

  #packet(packetNumber: number) {
    const packet = this.#packets.get(packetNumber);
    if (packet === undefined) throw new Error(`packet ${packetNumber} was not sent`);
    return packet;
  }
}

type Lost = 'ack-gap' | 'timer' | undefined;
const KEYS = [
  'repairs',
  'repairsByAckGap',
  'repairsByTimer',
  'repairsByProbe',
  'repairsByPiggyback',
  'repairMeanMs',
];
const NOTHING_REPAIRED = [0, 0, 0, 0, 0, 0];

test('a piece that goes once and arrives is no repair', () => {
  const piece = new Piece();
  expect(piece.send(4, 1_000)).toBeUndefined();
  piece.arrive(4);
  expect(piece.figures).toEqual(NOTHING_REPAIRED);
});

test.each<[Lost, readonly number[]]>([
  ['ack-gap', [1, 1, 0, 0, 0, 132]],
  ['timer', [1, 0, 1, 0, 0, 132]],
])('a piece whose packet was lost (%s) is repaired once its repeat has arrived', (sign, figures) => {
  const piece = new Piece();
  piece.send(4, 1_000);
  piece.lose(4, sign ?? 'timer');
  expect(piece.send(7, 1_132)).toEqual({ seq: 2, cause: sign, packetBefore: 4, laterMs: 132 });
  expect(piece.figures).toEqual(NOTHING_REPAIRED);
  piece.arrive(7);
  expect(piece.figures).toEqual(figures);
  expect(piece.arrivedIn).toBe(7);
});

test('the time of a repair counts from the first packet, of several that were lost', () => {
  const piece = new Piece();
  piece.send(4, 1_000);
  piece.lose(4, 'ack-gap');
  piece.send(7, 1_100);
  piece.lose(7, 'timer');
  expect(piece.send(9, 1_300)).toEqual({ seq: 2, cause: 'timer', packetBefore: 7, laterMs: 200 });
  piece.arrive(9);
  expect(piece.figures).toEqual([1, 0, 1, 0, 0, 300]);
});

test.each<[string, boolean, readonly number[]]>([
  ['probe', true, [1, 0, 0, 1, 0, 40]],
  ['piggyback', false, [1, 0, 0, 0, 1, 40]],
])('a repeat by %s repairs only once the packet before proves lost', (cause, isProbe, figures) => {
  const piece = new Piece();
  piece.send(4, 1_000);
  expect(piece.send(5, 1_040, isProbe)).toEqual({ seq: 2, cause, packetBefore: 4, laterMs: 40 });
  piece.arrive(5);
  expect(piece.figures).toEqual(NOTHING_REPAIRED);
  piece.lose(4, 'ack-gap');
  expect(piece.figures).toEqual(figures);
});

test('a repeat repairs nothing where the first packet arrives, too', () => {
  const piece = new Piece();
  piece.send(4, 1_000);
  piece.send(5, 1_040);
  piece.arrive(5);
  piece.arrive(4);
  expect(piece.figures).toEqual(NOTHING_REPAIRED);
});

test('a lost repeat whose first packet arrives is no repair', () => {
  const piece = new Piece();
  piece.send(4, 1_000);
  piece.send(5, 1_040);
  piece.arrive(4);
  piece.lose(5, 'ack-gap');
  expect(piece.figures).toEqual(NOTHING_REPAIRED);
});

test('a packet that was taken for lost and is only late takes its repair back', () => {
  const piece = new Piece();
  piece.send(4, 1_000);
  piece.lose(4, 'ack-gap');
  piece.send(7, 1_100);
  piece.arrive(7);
  expect(piece.figures).toEqual([1, 1, 0, 0, 0, 100]);
  piece.arrive(4);
  expect(piece.figures).toEqual(NOTHING_REPAIRED);
});
