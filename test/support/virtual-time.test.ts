import { expect, test } from '@jest/globals';
import { type Sleeper, VirtualTime } from './virtual-time.ts';

/** Wants to be woken at each of these times, and writes down when it was. */
function sleeper(id: string, times: readonly number[], seen: string[]): Sleeper {
  const left = [...times];
  return {
    id,
    nextMs: () => left[0],
    wake: (nowMs) => {
      left.shift();
      seen.push(`${id} at ${nowMs}`);
    },
  };
}

test('what is due at one time comes in the order of planning, and the sleepers after it in theirs', () => {
  const seen: string[] = [];
  const sleepers = [sleeper('network', [7, 9], seen), sleeper('host', [7], seen)];
  const time = new VirtualTime(0, () => sleepers);
  time.at(7, () => {
    seen.push('first');
    time.after(0, () => seen.push('third, planned by the first'));
  });
  time.at(7, () => seen.push('second'));
  time.at(8, () => seen.push('later'));
  time.at(3, () => seen.push('sooner'));
  time.runUntil(8);
  expect(seen).toEqual([
    'sooner',
    'first',
    'second',
    'third, planned by the first',
    'network at 7',
    'host at 7',
    'later',
  ]);
  expect(time.nowMs).toBe(8);
});

test('time stops where the caller has seen enough, and tells whether that came', () => {
  const time = new VirtualTime(0, () => []);
  time.at(5, () => undefined);
  expect(time.runUntil(10, () => time.nowMs >= 5)).toBe(true);
  expect(time.nowMs).toBe(5);
  expect(time.runUntil(10, () => time.nowMs > 10)).toBe(false);
  expect(time.nowMs).toBe(10);
  expect(time.runUntil(12, () => time.nowMs >= 12)).toBe(true);
});

test('what was due while time leapt happens at the time that was leapt to', () => {
  const seen: string[] = [];
  const time = new VirtualTime(0, () => []);
  time.at(5, () => seen.push(`${time.nowMs}`));
  time.nowMs = 20;
  time.runUntil(30);
  expect(seen).toEqual(['20']);
});

test('a sleeper that is due again and again at one time is named, instead of turning for ever', () => {
  const time = new VirtualTime(0, () => [{ id: 'alice', nextMs: () => 4, wake: () => undefined }]);
  expect(() => time.runUntil(10)).toThrow(/^time stands still: .* due: alice$/);
});
