/** The rules that hold at every step, each against a core that breaks it and nothing else. */
import { expect, test } from '@jest/globals';
import type { Output } from '../../src/kernel/io.ts';
import { logMaxBytes } from '../../src/wires/tincan/limits.ts';
import type { NodeAccount } from '../../src/wires/tincan/node.ts';
import { wirePeerId } from '../../src/wires/common/peer-id.ts';
import { Violation } from './judge.ts';
import { World } from './world.ts';
import { type JudgedCore } from './host.ts';

const honest: NodeAccount = {
  memoryBytes: 500,
  memoryMaxBytes: 1_000,
  logBytes: 100,
  bytesInFlight: [0, 30],
};

/** Does nothing, but for what it keeps and what it sends once. */
function coreThat(account: NodeAccount, outputs: readonly Output[] = []): JudgedCore {
  let left = outputs;
  return {
    account,
    handle: () => undefined,
    drain() {
      const now = left;
      left = [];
      return now;
    },
    deadline: () => (left.length > 0 ? 0 : undefined),
  };
}

function step(core: JudgedCore): void {
  const world = new World(1, () => core);
  const address = { ip: '10.0.0.1', port: 5_000 };
  world.start({ name: 'alice', address, peers: [], roomKey: undefined, timerLatenessMs: 0 });
  world.at(world.nowMs + 1, () => undefined);
  world.runUntil(world.nowMs + 10);
}

test('a core that keeps to its limits is let be', () => {
  expect(() => step(coreThat(honest))).not.toThrow();
});

test.each<[string, Partial<NodeAccount>, RegExp]>([
  ['keeps more than its memory', { memoryBytes: 1_001 }, /keeps 1001 B where 1000 B are the most/],
  ['loses count of its memory', { memoryBytes: Number.NaN }, /keeps NaN B/],
  ['keeps a log beyond its bound', { logBytes: logMaxBytes + 1 }, /has a log of/],
  ['counts less than nothing in flight', { bytesInFlight: [0, -1] }, /counts -1 bytes in flight/],
])('a core that %s is found out', (_what, account, symptom) => {
  expect(() => step(coreThat({ ...honest, ...account }))).toThrow(Violation);
  expect(() => step(coreThat({ ...honest, ...account }))).toThrow(symptom);
});

test('a core that gives out lines of which it keeps no account is found out', () => {
  const text = `b1:1:${'x'.repeat(600)}`;
  const peerId = wirePeerId({ ip: '10.0.0.2', port: 5_000 });
  const event = { type: 'message', from: 'bob', peerId, seq: 1, at: 0, text } as const;
  const outputs: readonly Output[] = [{ type: 'event', event }];
  const world = new World(1, () => coreThat(honest, outputs));
  world.judge.started('bob#1', peerId);
  world.judge.said('bob#1', text, undefined, '1');
  world.judge.heard('bob#1', { type: 'queued', ref: '1', seq: 1 });
  const address = { ip: '10.0.0.1', port: 5_000 };
  const host = world.start({ name: 'alice', address, peers: [], roomKey: undefined, timerLatenessMs: 0 });
  host.reader = { type: 'stopped' };
  expect(() => world.runUntil(world.nowMs + 10)).toThrow(
    /keeps account of 500 B, but 669 B wait to be taken/,
  );
});

test.each([0x02, 0x04])(
  'a core that answers a stranger (type %i) with more than it brought is found out',
  (type) => {
    const to = { ip: '10.9.9.9', port: 9 };
    const bytes = new Uint8Array(100);
    bytes[0] = type;
    expect(() => step(coreThat(honest, [{ type: 'datagram', to, bytes }]))).toThrow(/answered a stranger/);
  },
);
