import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { LineFrame } from '../../../src/wires/tincan/codec/frames.ts';
import { Incoming } from '../../../src/wires/tincan/peer/incoming.ts';
import {
  followerReserveBytes,
  incomingReserveBytes,
  logMaxBytes,
  peersMax,
  waitingSaysMaxBytes,
} from '../../../src/wires/tincan/limits.ts';
import { lineMaxBytes } from '../../../src/kernel/limits.ts';
import { linesCostBytes } from '../../../src/wires/tincan/peer/partial-line.ts';
import { Memory } from '../../../src/wires/tincan/memory.ts';

const ownBytes = logMaxBytes + waitingSaysMaxBytes;
const logId = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);

/** Somebody who is there, and whose log is followed from its first line. */
function peerIn(memory: Memory): Incoming {
  const incoming = new Incoming(memory);
  incoming.onHere();
  incoming.onResume({
    type: 'resume',
    logId,
    start: 1,
    head: 0,
    followedLogId: new Uint8Array(8),
    held: 0,
    known: 0,
  });
  return incoming;
}

function piece(seq: number, offset: number, length: number, fin: boolean): LineFrame {
  return { type: 'line', kind: 'room', seq, offset, fin, bytes: new Uint8Array(length).fill(97) };
}

/** Holds pieces of lines after the one that is due, until there is no room. Gives their number. */
function hoard(incoming: Incoming): number {
  let seq = 2;
  for (; incoming.canHold(piece(seq, 0, 10_000, true)); seq += 1)
    incoming.onLine(piece(seq, 0, 10_000, true));
  return seq - 2;
}

describe('the memory of a node', () => {
  test('the memory of a node has room for hundreds of peers, and for no more than its bound', () => {
    const memory = new Memory();
    let peers = 0;
    for (; memory.admits({ isKnown: true, spare: 0 }); peers += 1) {
      memory.share().reserve(incomingReserveBytes);
      memory.share().reserve(followerReserveBytes);
    }
    expect(peers).toBeGreaterThan(300);
    expect(peers).toBeLessThan(peersMax);
    expect(memory.usedBytes).toBeLessThanOrEqual(memory.maxBytes);
  });

  test('the memory of a node used up by some leaves each other peer the room for its next line, in the smallest pieces', () => {
    const memory = new Memory(ownBytes + 2 * incomingReserveBytes + 100_000);
    const greedy = peerIn(memory);
    const modest = peerIn(memory);
    expect(hoard(greedy)).toBe(Math.floor(100_000 / linesCostBytes(1, 10_000)));
    expect(modest.canHold(piece(2, 0, 10_000, true))).toBe(false);
    for (let offset = 0; offset < lineMaxBytes; offset += 128) {
      const next = piece(1, offset, 128, offset + 128 === lineMaxBytes);
      expect(modest.canHold(next)).toBe(true);
      modest.onLine(next);
    }
    expect(modest.held).toBe(1);
    // The line that is due is let in even where the peer itself has taken all the rest.
    expect(greedy.canHold(piece(1, 0, 50_000, true))).toBe(true);
    expect(memory.usedBytes).toBeLessThanOrEqual(memory.maxBytes);
  });

  test('the memory of a node is given back by taking and by leaving', () => {
    const memory = new Memory(ownBytes + incomingReserveBytes + 50_000);
    const peer = peerIn(memory);
    const full = hoard(peer);
    peer.onLine(piece(1, 0, 5, true));
    expect(peer.held).toBe(full + 1);
    peer.onTaken(full + 1);
    expect(memory.usedBytes).toBe(ownBytes + incomingReserveBytes);
    peer.onLine(piece(full + 3, 0, 1_000, true));
    peer.onAway();
    expect(memory.usedBytes).toBe(ownBytes);
    expect(peer.hasHoles).toBe(false);
  });

  test('the memory of a node is given back by those whose lines complete together with one that is not UTF-8', () => {
    const memory = new Memory();
    for (let violators = 0; violators < 250 && memory.admits({ isKnown: true, spare: 0 }); violators += 1) {
      const violator = peerIn(memory);
      const bad: LineFrame = { ...piece(40, 0, 1, true), bytes: Uint8Array.of(0xff) };
      violator.onLine(bad);
      for (let seq = 2; seq < 40; seq += 1) violator.onLine(piece(seq, 0, 5_000, true));
      const { lines, isSound } = violator.onLine(piece(1, 0, 5_000, true));
      expect([lines.length, isSound]).toEqual([39, false]);
      violator.onAway();
      // The face takes what it was given.
      violator.onTaken(lines.at(-1)?.seq ?? 0);
    }
    expect(memory.usedBytes).toBe(ownBytes);
  });

  test('the memory of a node is never used beyond its bound, whatever comes in whatever order, and all of it is given back', () => {
    const step = fc.record({
      peer: fc.nat(2),
      seq: fc.integer({ min: 1, max: 12 }),
      offset: fc.nat(9).map((tens) => tens * 1_000),
      length: fc.integer({ min: 0, max: 3_000 }),
      fin: fc.boolean(),
      takes: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), fc.integer({ min: 0, max: 60_000 }), (steps, spare) => {
        const memory = new Memory(ownBytes + 3 * incomingReserveBytes + spare);
        const peers = [peerIn(memory), peerIn(memory), peerIn(memory)];
        for (const { peer, seq, offset, length, fin, takes } of steps) {
          const incoming = peers[peer];
          const frame = piece(seq, length === 0 ? 0 : offset, length, fin || length === 0);
          if (incoming?.canHold(frame) === true) incoming.onLine(frame);
          if (takes) incoming?.onTaken(incoming.held);
          const kept = peers.map((each) => Math.max(incomingReserveBytes, each.costBytes));
          expect(memory.usedBytes).toBeLessThanOrEqual(memory.maxBytes);
          expect(memory.usedBytes).toBeGreaterThanOrEqual(kept.reduce((sum, each) => sum + each, ownBytes));
        }
        for (const each of peers) {
          each.onTaken(each.held);
          each.onAway();
        }
        expect(memory.usedBytes).toBe(ownBytes);
      }),
    );
  });
});
