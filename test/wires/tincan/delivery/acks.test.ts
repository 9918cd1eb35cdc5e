import { describe, expect, test } from '@jest/globals';
import { AckTracker } from '../../../../src/wires/tincan/delivery/acks.ts';
import type { ReceivedPacket } from '../../../../src/wires/tincan/delivery/acks.ts';
import { ackAfterPackets } from '../../../../src/wires/tincan/limits.ts';

const small: ReceivedPacket = {
  packetNumber: 0,
  bytes: 60,
  ackEliciting: true,
  immediate: false,
  holes: false,
};
const full: ReceivedPacket = { ...small, bytes: 1_200 };

describe('an ack', () => {
  test('an ack of a small packet waits for the delay', () => {
    const acks = new AckTracker();
    acks.onReceived(small, 20, 100);
    expect(acks.deadline).toBe(120);
    acks.onReceived({ ...small, packetNumber: 1 }, 20, 110);
    expect(acks.deadline).toBe(120);
    expect(acks.frame(115)).toEqual({ type: 'ack', ranges: [{ from: 0, to: 1 }], delayMs: 5 });
  });

  test.each<[string, readonly ReceivedPacket[]]>([
    ['of two full packets', [full, { ...full, packetNumber: 1 }]],
    ['on request', [{ ...small, immediate: true }]],
    [
      'of a full packet after a gap, while pieces are missing',
      [full, { ...full, packetNumber: 2, holes: true }],
    ],
    [
      'of many small packets',
      Array.from({ length: ackAfterPackets }, (_, packetNumber) => ({ ...small, packetNumber })),
    ],
  ])('an ack %s goes at once', (_what, packets) => {
    const acks = new AckTracker();
    for (const packet of packets) acks.onReceived(packet, 20, 100);
    expect(acks.deadline).toBe(100);
  });

  test.each([
    ['which nothing is missing before', 0, false],
    ['after a gap', 1, true],
  ])('an ack of many packets %s: it presses %#', (_what, missing, presses) => {
    const acks = new AckTracker();
    acks.onReceived(full, 20, 100);
    for (let count = 1; count < ackAfterPackets; count += 1) {
      expect(acks.isPressing).toBe(false);
      acks.onReceived({ ...full, packetNumber: count + missing }, 20, 100);
    }
    expect(acks.isPressing).toBe(presses);
    acks.onSent();
    expect(acks.isPressing).toBe(false);
  });

  test('an ack is never owed for a packet that asks for none', () => {
    const acks = new AckTracker();
    acks.onReceived({ ...full, ackEliciting: false, immediate: true }, 20, 100);
    expect([acks.deadline, acks.frame(100)]).toEqual([undefined, undefined]);
    // It is told of with the next one.
    acks.onReceived({ ...small, packetNumber: 1 }, 20, 100);
    expect(acks.frame(100)?.ranges).toEqual([{ from: 0, to: 1 }]);
  });

  test('an ack is told once, and what the sender has seen is left out', () => {
    const acks = new AckTracker();
    for (const packetNumber of [0, 2, 4]) acks.onReceived({ ...small, packetNumber }, 20, 100);
    acks.onSent();
    expect(acks.frame(101)).toBeUndefined();
    acks.onAckAcknowledged({ type: 'ack', ranges: [{ from: 2, to: 2 }], delayMs: 0 });
    acks.onReceived({ ...small, packetNumber: 5 }, 20, 102);
    expect(acks.frame(102)?.ranges).toEqual([{ from: 4, to: 5 }]);
  });
});
