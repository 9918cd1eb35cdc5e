import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { fingerprintOf } from '../../../../src/wires/tincan/handshake/handshake.ts';
import { lineMaxBytes } from '../../../../src/kernel/limits.ts';
import {
  creditBytes,
  creditMaxBytes,
  linesPerFrameMax,
  pieceCostBytes,
  repairCopiesMax,
} from '../../../../src/wires/tincan/limits.ts';
import { Log, bytesFor } from '../../../../src/wires/tincan/log.ts';
import type { LogContent } from '../../../../src/wires/tincan/log.ts';
import { lineEnds, textsOf } from '../../../../src/kernel/runs.ts';
import type { EntryFrame } from '../../../../src/wires/tincan/codec/frames.ts';
import { Incoming } from '../../../../src/wires/tincan/peer/incoming.ts';
import { Memory } from '../../../../src/wires/tincan/memory.ts';
import { Outgoing } from '../../../../src/wires/tincan/peer/outgoing.ts';
import type { Fragment } from '../../../../src/wires/tincan/peer/fragments.ts';
import { nodeCrypto } from '../../../../src/runtime/crypto.ts';

const payloadBytes = 1_111;
const bobId = fingerprintOf(nodeCrypto, new Uint8Array(32).fill(2));

function follower(said: readonly (number | LogContent)[], start = 1): { log: Log; outgoing: Outgoing } {
  const log = new Log(Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0));
  for (const each of said) {
    const line = (length: number): LogContent => {
      return { type: 'line', bytes: new Uint8Array(length).fill(97), ref: undefined, to: undefined };
    };
    log.append(typeof each === 'number' ? line(each) : each);
  }
  return { log, outgoing: new Outgoing({ log, memory: new Memory(), follower: bobId, start }) };
}

/** All that can go now, each in a packet of its own. */
function sendAll(outgoing: Outgoing, now = 0, roomBytes = payloadBytes): Fragment[] {
  const sent: Fragment[] = [];
  for (
    let each = outgoing.takeNext(roomBytes, payloadBytes);
    each !== undefined;
    each = outgoing.takeNext(roomBytes, payloadBytes)
  ) {
    outgoing.fragments.onSent(each, 0, now);
    sent.push(each);
  }
  return sent;
}

describe('cutting', () => {
  test('a line that fits into a packet stays whole; a longer one fills packets', () => {
    const { outgoing } = follower([1_000, 3_000]);
    expect(outgoing.takeNext(500, payloadBytes)).toBeUndefined();
    const pieces = sendAll(outgoing).map(({ frame }) => [
      frame.seq,
      offsetOf(frame),
      frame.bytes.length,
      isLast(frame),
    ]);
    expect(pieces[0]).toEqual([1, 0, 1_000, true]);
    expect(pieces.slice(1).reduce((sum, piece) => sum + Number(piece[2]), 0)).toBe(3_000);
    expect(pieces.at(-1)?.[3]).toBe(true);
    expect(outgoing.sentThrough).toBe(2);
  });

  test('cutting lines into pieces stops at the credit, and goes on where a receipt moves it', () => {
    const { outgoing } = follower(Array.from({ length: 80 }, () => 10_000));
    const sent = sendAll(outgoing);
    const cost = sent.reduce((sum, { frame }) => sum + frame.bytes.length + pieceCostBytes, 0);
    expect(cost).toBeLessThanOrEqual(creditBytes);
    expect([outgoing.hasNext(payloadBytes), outgoing.sentThrough]).toEqual([false, 24]);
    expect(outgoing.onReceipt(2, creditBytes)?.map(({ seq }) => seq)).toEqual([1, 2]);
    expect(outgoing.hasNext(payloadBytes)).toBe(true);
    sendAll(outgoing);
    expect(outgoing.sentThrough).toBe(26);
    // A credit never takes back what was given.
    outgoing.onReceipt(2, 0);
    outgoing.onReceipt(3, 0);
    expect(outgoing.hasNext(payloadBytes)).toBe(false);
  });

  test('cutting lines into pieces goes as far as a follower that gives more credit lets it, up to a bound', () => {
    const { outgoing, log } = follower([10_000]);
    sendAll(outgoing);
    outgoing.onReceipt(1, 1_000 * creditMaxBytes);
    const line = { type: 'line', bytes: new Uint8Array(10_000), ref: undefined, to: undefined } as const;
    while (log.hasRoomFor(line)) log.append(line);
    const sent = sendAll(outgoing);
    const cost = sent.reduce((sum, { frame }) => sum + frame.bytes.length + pieceCostBytes, 0);
    expect(cost).toBeLessThanOrEqual(creditMaxBytes);
    expect(cost).toBeGreaterThan(creditMaxBytes - payloadBytes);
    expect(log.costBytes).toBeGreaterThan(cost);
  });
});

test('a long line gets through, piece by piece, where memory is full but for the reserve', () => {
  const log = new Log(Uint8Array.of(9));
  log.append({ type: 'line', bytes: new Uint8Array(lineMaxBytes).fill(97), ref: undefined, to: undefined });
  const memory = new Memory();
  const outgoing = new Outgoing({ log, memory, follower: bobId, start: 1 });
  outgoing.onHere();
  memory.share().set(memory.maxBytes - memory.usedBytes);
  let isWhole = false;
  for (let sent = sendAll(outgoing); sent.length > 0; sent = sendAll(outgoing)) {
    for (const fragment of sent) outgoing.onAcked(fragment);
    isWhole ||= sent.some(({ frame }) => isLast(frame));
  }
  expect(isWhole).toBe(true);
});

test('a piece is lost only when no packet with it is under way, and lost pieces go first, oldest first', () => {
  const { outgoing } = follower([10, 10, 10, 10]);
  const [first, second, third] = sendAll(outgoing);
  if (first === undefined || second === undefined || third === undefined) throw new Error('three lines go');
  outgoing.fragments.onSent(first, 1, 1);
  outgoing.fragments.onLost(third);
  outgoing.fragments.onLost(second);
  outgoing.fragments.onLost(first);
  expect(outgoing.takeNext(payloadBytes, payloadBytes)).toBe(second);
  expect(outgoing.takeNext(payloadBytes, payloadBytes)).toBe(third);
  expect(outgoing.takeNext(payloadBytes, payloadBytes)).toBeUndefined();
  outgoing.fragments.onLost(first);
  expect(outgoing.takeNext(payloadBytes, payloadBytes)).toBe(first);
});

test('repair in passing repeats small lines under way, oldest first, not too often and not too soon', () => {
  const { outgoing } = follower([10, 600, 20]);
  sendAll(outgoing, 100);
  expect(outgoing.fragments.repairs(payloadBytes, 5, 104)).toEqual([]);
  for (let copy = 0; copy < repairCopiesMax; copy += 1) {
    const now = 105 + 5 * copy;
    const repairs = outgoing.fragments.repairs(payloadBytes, 5, now);
    expect(repairs.map(({ frame }) => frame.seq)).toEqual([1, 3]);
    for (const repair of repairs) outgoing.fragments.onSent(repair, 1, now);
  }
  expect(outgoing.fragments.repairs(payloadBytes, 5, 900)).toEqual([]);
});

describe('a new session', () => {
  test('a new session starts at the first line that is not known to be held, and forgets old pieces', () => {
    const { outgoing } = follower([10, 10, 10]);
    const [first, second, third] = sendAll(outgoing);
    if (first === undefined || second === undefined || third === undefined) throw new Error('three lines go');
    outgoing.onAcked(first);
    outgoing.onAcked(third);
    outgoing.restart();
    expect(sendAll(outgoing).map(({ frame }) => frame.seq)).toEqual([2, 3]);
    outgoing.fragments.onLost(second);
    expect(outgoing.takeNext(payloadBytes, payloadBytes)).toBeUndefined();
  });

  test('a new session skips what the peer says that it holds, and goes back where it holds less', () => {
    const { outgoing } = follower([10, 10, 10, 10]);
    for (const fragment of sendAll(outgoing)) outgoing.onAcked(fragment);
    outgoing.onReceipt(1, creditBytes);
    outgoing.restart();
    expect(outgoing.onResume(2)).toBe(true);
    expect(sendAll(outgoing).map(({ frame }) => frame.seq)).toEqual([3, 4]);
    outgoing.restart();
    expect(outgoing.onResume(4)).toBe(true);
    expect(sendAll(outgoing)).toEqual([]);
    expect(outgoing.onResume(5)).toBe(false);
  });
});

test('a receipt for a line that was never sent is refused', () => {
  const { outgoing } = follower([10, 10]);
  expect(outgoing.onReceipt(1, creditBytes)).toBeUndefined();
});

describe('lines of a run', () => {
  test('lines of a run go together, as many as fit, and the rest in the next packet', () => {
    const { outgoing } = follower([run(40, 50)]);
    const frames = sendAll(outgoing).map(({ frame }) => frame);
    expect(frames.map((frame) => [frame.type, frame.seq, countIn(frame)])).toEqual([
      ['lines', 1, 21],
      ['lines', 22, 19],
    ]);
    expect(outgoing.sentThrough).toBe(40);
  });

  test('a frame has at most linesPerFrameMax lines, and lines that are too long for a packet go in pieces', () => {
    const short = sendAll(follower([run(150, 0)]).outgoing).map(({ frame }) => countIn(frame));
    expect(short).toEqual([linesPerFrameMax, linesPerFrameMax, 150 - 2 * linesPerFrameMax]);
    const { outgoing } = follower([run(2, 3_000)]);
    const long = sendAll(outgoing).map(({ frame }) => [frame.seq, offsetOf(frame), isLast(frame)]);
    expect(long.filter(([, , last]) => last === true).map(([seq]) => seq)).toEqual([1, 2]);
    expect(long.every(([, offset]) => typeof offset === 'number')).toBe(true);
  });

  test('a run is cut as far as the credit goes, line by line, and a receipt within it moves the credit on', () => {
    const { outgoing } = follower([run(4_000, 36), run(4_000, 36)]);
    sendAll(outgoing);
    const each = 36 + 1 + pieceCostBytes;
    expect(outgoing.sentThrough).toBe(Math.floor(creditBytes / each));
    expect(outgoing.onReceipt(100, creditBytes)?.map(({ seq, count }) => [seq, count])).toEqual([[1, 100]]);
    expect(outgoing.accepted).toBe(100);
    const before = outgoing.sentThrough;
    sendAll(outgoing);
    // What shares a piece with a line that is not taken yet counts until all of it is.
    expect(outgoing.sentThrough - before).toBeLessThanOrEqual(100);
    expect(outgoing.sentThrough - before).toBeGreaterThan(60);
  });

  test('of two runs, what is accepted is told as parts of each', () => {
    const { outgoing } = follower([run(10, 5), run(10, 5)]);
    sendAll(outgoing);
    expect(outgoing.onReceipt(15, creditBytes)?.map(({ seq, count }) => [seq, count])).toEqual([
      [1, 10],
      [11, 5],
    ]);
    expect(outgoing.owed).toBe(5);
  });

  test('a follower that holds a part of what went together gets the rest anew', () => {
    const { outgoing } = follower([run(20, 50)]);
    sendAll(outgoing);
    outgoing.restart();
    expect(outgoing.onResume(7)).toBe(true);
    expect(sendAll(outgoing).map(({ frame }) => [frame.seq, countIn(frame)])).toEqual([[8, 13]]);
  });
});

/** `lines` lines of so many letters each. */
function run(lines: number, letters: number): LogContent {
  const bytes = new TextEncoder().encode(`${'a'.repeat(letters)}\n`.repeat(lines));
  return { type: 'run', bytes, ends: lineEnds({ bytes, count: lines }) };
}

/** Each of them with another text. */
function unlikeLines(lines: number, letters: number): LogContent {
  const texts = Array.from({ length: lines }, (_, line) => `${line}${'a'.repeat(letters)}\n`);
  const bytes = new TextEncoder().encode(texts.join(''));
  return { type: 'run', bytes, ends: lineEnds({ bytes, count: lines }) };
}

function countIn(frame: EntryFrame): number {
  return frame.type === 'lines' ? frame.count : 1;
}

function offsetOf(frame: EntryFrame): number {
  return frame.type === 'lines' ? 0 : frame.offset;
}

function isLast(frame: EntryFrame): boolean {
  return frame.type === 'lines' || frame.fin;
}

test('whatever becomes of its packets, a follower is given each line once and in order in the end', () => {
  const fate = fc.record({
    of: fc.constantFrom(
      'acked',
      'ack lost',
      'lost',
      'late',
      'restart',
      'resume',
      'receipt',
      'receipt within',
    ),
    // Other frames of the same packet take more room or less, so that a later session cuts elsewhere.
    roomBytes: fc.oneof(fc.constant(payloadBytes), fc.integer({ min: 300, max: payloadBytes })),
  });
  const single = fc.integer({ min: 0, max: 4_000 });
  const many = fc.record({
    lines: fc.integer({ min: 1, max: 60 }),
    letters: fc.oneof(fc.nat(40), fc.nat(1_500)),
  });
  fc.assert(
    fc.property(
      fc.array(fc.oneof(single, many), { minLength: 1, maxLength: 20 }),
      fc.array(fate, { maxLength: 200 }),
      (said, fates) => {
        const contents = said.map((each) =>
          typeof each === 'number' ? each : unlikeLines(each.lines, each.letters),
        );
        const { log, outgoing } = follower(contents);
        const incoming = new Incoming(new Memory());
        const resume = {
          type: 'resume',
          logId: log.id,
          followedLogId: new Uint8Array(8),
          held: 0,
          known: 0,
        } as const;
        incoming.onResume({ ...resume, start: 1, head: log.head });
        const given: (readonly [number, string])[] = [];
        const texts: (readonly [number, string])[] = [];
        for (let seq = 1; seq <= log.head; seq += 1) {
          texts.push([seq, Buffer.from(bytesFor(log.entry(seq), seq, bobId)).toString()]);
        }
        const flight: Fragment[] = [];
        // Of earlier sessions: acknowledgements of these count no more.
        const late: Fragment[] = [];
        const arrive = ({ frame }: Fragment): void => {
          const { lines, isSound } = incoming.onLine(frame);
          expect(isSound).toBe(true);
          for (const line of lines) {
            const told = line.kind === 'run' ? textsOf(line) : [line.text];
            given.push(...told.map((text, at) => [line.seq + at, text] as const));
          }
        };
        const accept = (through: number): void => {
          incoming.onTaken(through);
          expect(outgoing.onReceipt(incoming.taken, creditBytes)).toBeDefined();
        };
        for (const { of: each, roomBytes } of fates) {
          flight.push(...sendAll(outgoing, 0, roomBytes));
          if (each === 'restart' || each === 'resume') {
            late.push(...flight.splice(0));
            outgoing.restart();
            if (each === 'resume') expect(outgoing.onResume(incoming.held)).toBe(true);
          } else if (each === 'receipt') accept(incoming.held);
          else if (each === 'receipt within') accept(Math.ceil((incoming.taken + incoming.held) / 2));
          else {
            const next = each === 'late' ? late.shift() : flight.shift();
            if (next === undefined) continue;
            if (each !== 'lost') arrive(next);
            if (each === 'acked') outgoing.onAcked(next);
            else outgoing.fragments.onLost(next);
          }
        }
        for (let rounds = 0; rounds < 100 && outgoing.owed > 0; rounds += 1) {
          flight.push(...sendAll(outgoing));
          for (const fragment of flight.splice(0)) {
            arrive(fragment);
            outgoing.onAcked(fragment);
          }
          accept(incoming.held);
        }
        expect(outgoing.owed).toBe(0);
        expect(given).toEqual(texts);
        expect([incoming.costBytes, incoming.hasHoles]).toEqual([0, false]);
      },
    ),
    { numRuns: 1_000 },
  );
});
