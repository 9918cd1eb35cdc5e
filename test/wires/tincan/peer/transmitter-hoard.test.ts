/** What a member can make a node remember of the packets that the node sends it. A remembered packet takes some 800 bytes. */
import { expect, test } from '@jest/globals';
import { encodeFrames } from '../../../../src/wires/tincan/codec/frame-table.ts';
import type { Frame } from '../../../../src/wires/tincan/codec/frames.ts';
import { controlFlightMaxPackets } from '../../../../src/wires/tincan/limits.ts';
import { PeerPair, type End } from './peer-pair.ts';

const packets = 5_000;
/** Of one without lines: at most a RESUME, a receipt and an ack of a few ranges. */
const packetBytes = 200;

const line = (seq: number, kind: 'room' | 'withheld' = 'room'): Frame => {
  const bytes = new Uint8Array(kind === 'room' ? 1 : 0).fill(0x78);
  return { type: 'line', kind, seq, offset: 0, fin: true, bytes };
};

/** Bob's session, whose frames a test may write; what alice sends in answer is counted, and lost. */
class Member {
  readonly pair = new PeerPair();
  readonly alice: End = this.pair.alice;
  /** Packets that alice has sent. */
  answers = 0;

  constructor() {
    this.pair.open();
    this.pair.settle();
    this.pair.arrives = (from) => {
      if (from === this.alice) this.answers += 1;
      return false;
    };
  }

  send(frames: readonly Frame[]): void {
    const [session] = this.pair.bob.sessions.values();
    if (session === undefined) throw new Error('a session is open');
    this.pair.now += 0.05;
    this.pair.give(this.alice, session.sealer.seal(encodeFrames(frames)).bytes, this.pair.bob.address);
    this.pair.settle();
  }
}

test.each<[string, (count: number) => readonly Frame[]]>([
  ['PING', () => [{ type: 'ping' }]],
  ['IMMEDIATE_ACK', () => [{ type: 'immediate-ack' }]],
  ['PATH_CHALLENGE', (count) => [{ type: 'path-challenge', token: new Uint8Array(8).fill(count) }]],
  ['lines that are due', (count) => [line(count + 1)]],
  ['lines far ahead', (count) => [line(2 * count + 2)]],
  ['entries for others', (count) => [line(count + 1, 'withheld')]],
])(
  'a member that sends %s without end and acknowledges nothing has few packets remembered, and the node is not late for others',
  (_, framesOf) => {
    const member = new Member();
    for (let count = 0; count < packets; count += 1) member.send(framesOf(count));
    expect(member.alice.peer.joined).toBe(true);
    expect(member.alice.peer.bytesInFlight).toBeLessThan(controlFlightMaxPackets * packetBytes);
    expect(member.alice.peer.deadline ?? Infinity).toBeGreaterThan(member.pair.now);
  },
);
