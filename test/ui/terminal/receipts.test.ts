import { expect, test } from '@jest/globals';
import type { PeerId } from '../../../src/kernel/contract.ts';
import type { SingleEvent } from '../../../src/kernel/runs.ts';
import { Receipts } from '../../../src/ui/terminal/receipts.ts';
import { wirePeerId } from '../../../src/wires/common/peer-id.ts';
import { ready } from '../fakes.ts';

const bob = wirePeerId({ ip: '10.0.0.2', port: 1 });
const carol = wirePeerId({ ip: '10.0.0.3', port: 1 });

function receipts({ here, wire = true }: { here: readonly PeerId[]; wire?: boolean }): Receipts<string> {
  const made = new Receipts<string>();
  made.on(ready({ receipts: wire }));
  for (const peerId of here) made.on(joined(peerId));
  return made;
}

const joined = (peerId: PeerId): SingleEvent => ({
  type: 'peer-joined',
  name: 'x',
  peerId,
  address: { ip: '::', port: 1 },
});
const queued = (ref: number): SingleEvent => ({ type: 'queued', ref, seq: ref });
const sent = (ref: number): SingleEvent => ({ type: 'sent', ref, seq: ref });
const delivered = (ref: number, peerId: PeerId): SingleEvent => ({
  type: 'delivered',
  ref,
  seq: ref,
  to: 'x',
  peerId,
});
const undelivered = (ref: number): SingleEvent => ({
  type: 'undelivered',
  ref,
  seq: ref,
  to: 'x',
  reason: 'gone',
});

test('a line is delivered when everybody who was there has it', () => {
  const made = receipts({ here: [bob, carol] });
  const ref = made.say('hi', undefined);
  expect(made.on(queued(ref))).toBeUndefined();
  expect(made.on(sent(ref))).toEqual({ line: 'hi', receipt: 'sent' });
  expect(made.on(delivered(ref, bob))).toBeUndefined();
  expect(made.on(delivered(ref, carol))).toEqual({ line: 'hi', receipt: 'delivered' });
});

test('a peer that comes later is not waited for', () => {
  const made = receipts({ here: [bob] });
  const ref = made.say('hi', undefined);
  made.on(queued(ref));
  made.on(joined(carol));
  made.on(sent(ref));
  expect(made.on(delivered(ref, bob))?.receipt).toBe('delivered');
});

test('a private line waits for its one peer alone', () => {
  const made = receipts({ here: [bob, carol] });
  const ref = made.say('psst', carol);
  made.on(queued(ref));
  made.on(sent(ref));
  expect(made.on(delivered(ref, carol))?.receipt).toBe('delivered');
});

test('with nobody there a line is not sent yet, and is delivered once somebody has it', () => {
  const made = receipts({ here: [] });
  const ref = made.say('hello?', undefined);
  made.on(queued(ref));
  expect(made.on(sent(ref))).toBeUndefined();
  made.on(joined(bob));
  expect(made.on(delivered(ref, bob))?.receipt).toBe('delivered');
});

test('one peer that does not get a line is enough for a bad end, and nothing mends that', () => {
  const made = receipts({ here: [bob, carol] });
  const ref = made.say('hi', undefined);
  made.on(queued(ref));
  expect(made.on(undelivered(ref))?.receipt).toBe('undelivered');
  expect(made.on(delivered(ref, carol))).toBeUndefined();
});

test('a line that is refused counts as undelivered', () => {
  const made = receipts({ here: [bob] });
  const ref = made.say('hi', undefined);
  expect(made.on({ type: 'refused', ref, code: 'x', message: 'x' })?.receipt).toBe('undelivered');
});

test('on a wire without receipts, sent is the last that is known', () => {
  const made = receipts({ here: [bob], wire: false });
  const ref = made.say('hi', undefined);
  made.on(queued(ref));
  expect(made.on(sent(ref))?.receipt).toBe('sent');
  expect(made.on(undelivered(ref))).toBeUndefined();
});
