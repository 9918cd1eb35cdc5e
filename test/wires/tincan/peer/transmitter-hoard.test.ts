/** What a member can make a node remember of the packets that the node sends it. A remembered packet takes some 800 bytes. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import { Outputs } from '../../../../src/kernel/io.ts';
import { encodeFrames } from '../../../../src/wires/tincan/codec/frame-table.ts';
import type { Frame } from '../../../../src/wires/tincan/codec/frames.ts';
import { controlFlightMaxPackets } from '../../../../src/wires/tincan/limits.ts';
import { Log } from '../../../../src/wires/tincan/log.ts';
import { Memory } from '../../../../src/wires/tincan/memory.ts';
import { PeerPair, establishedOf, lonePeer, type End } from './peer-pair.ts';

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

test('lines under way to peers that acknowledge nothing take about the memory that is charged for them', () => {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect !== 'function') throw new Error('the collector can be called');
  const heapBytes = (): number => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  const log = new Log(new Uint8Array(8).fill(1));
  const memory = new Memory();
  const outputs = new Outputs();
  let now = 0;
  const peers = Array.from({ length: 40 }, (_, index) => {
    const peer = lonePeer({ ordinal: index + 1, name: 'p', log, owedFrom: 1 }, { memory, outputs });
    peer.open(establishedOf({ role: 'responder', hello: { name: 'p' } }), peer.path.address, now);
    return peer;
  });
  const [heapBefore, chargedBefore] = [heapBytes(), memory.usedBytes];
  // A few at a time, so that they share few packets.
  for (let round = 0; round < 600; round += 1) {
    for (let count = 0; count < 5; count += 1)
      log.append({ type: 'line', bytes: Uint8Array.of(0x78), ref: undefined, to: undefined });
    now += 3;
    for (const peer of peers) peer.flush(now);
    outputs.take();
  }
  const charged = memory.usedBytes - chargedBefore;
  expect(charged).toBeGreaterThan(1_000_000);
  expect(heapBytes() - heapBefore).toBeLessThan(1.5 * charged);
});
