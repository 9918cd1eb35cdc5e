import { expect, test } from '@jest/globals';
import type { Takeable } from '../../../src/ui/face.ts';
import { peersKnownMax } from '../../../src/ui/limits.ts';
import { Acknowledged } from '../../../src/ui/pipe/acknowledged.ts';
import { wirePeerId } from '../../../src/wires/common/peer-id.ts';
import { bobId, message } from '../fakes.ts';

const named = (seq?: number): Takeable => ({
  type: 'peer-renamed',
  peerId: bobId,
  was: 'bob',
  name: 'robert',
  ...(seq !== undefined && { seq }),
});

function given(...lines: readonly number[]): Acknowledged {
  const acknowledged = new Acknowledged();
  for (const seq of lines) acknowledged.onMessage(bobId, 'a', seq);
  return acknowledged;
}

test('a line is not taken by being written, and is taken when its reader says so, with all before it, as often as it likes', () => {
  const acknowledged = given(1, 2, 3);
  expect(acknowledged.takes({ ...message('hi'), seq: 3 })).toBe(false);
  for (const seq of [2, 2, 1, 3, 3])
    expect(acknowledged.take(bobId, 'a', seq)).toEqual({ type: 'taken', peerId: bobId, seq });
});

test.each([
  ['of a peer that has said nothing', 'p9', 'a', 1],
  ['of another log', bobId, 'b', 1],
  ['ahead of what was given', bobId, 'a', 3],
])('a line %s is not taken', (_, peerId, log, seq) => {
  expect(given(1, 2).take(peerId, log, seq)).toBeUndefined();
});

test('a name is taken by being written, unless a line before it waits for its reader: then with that line', () => {
  const acknowledged = new Acknowledged();
  expect(acknowledged.takes(named(1))).toBe(true);
  acknowledged.onMessage(bobId, 'a', 2);
  expect(acknowledged.takes(named(3))).toBe(false);
  acknowledged.onMessage(bobId, 'a', 4);
  expect(acknowledged.takes(named(5))).toBe(false);
  expect(acknowledged.take(bobId, 'a', 2)).toMatchObject({ seq: 2 });
  expect(acknowledged.take(bobId, 'a', 4)).toMatchObject({ seq: 5 });
  expect(acknowledged.takes(named(6))).toBe(true);
});

test('the lines of a new log of the peer count on their own', () => {
  const acknowledged = given(7);
  acknowledged.take(bobId, 'a', 7);
  acknowledged.onMessage(bobId, 'b', 1);
  expect(acknowledged.takes(named(2))).toBe(false);
  expect(acknowledged.take(bobId, 'a', 7)).toBeUndefined();
  expect(acknowledged.take(bobId, 'b', 1)).toEqual({ type: 'taken', peerId: bobId, seq: 2 });
});

test('of many peers those are forgotten whose lines are all taken, and no line that waits', () => {
  const acknowledged = given(1);
  for (let port = 1; port <= peersKnownMax + 10; port += 1) {
    const id = wirePeerId({ ip: '10.0.0.9', port });
    acknowledged.onMessage(id, 'a', 1);
    expect(acknowledged.take(id, 'a', 1)).toBeDefined();
  }
  expect(acknowledged.take(bobId, 'a', 1)).toBeDefined();
  expect(acknowledged.take(wirePeerId({ ip: '10.0.0.9', port: 1 }), 'a', 1)).toBeUndefined();
});
