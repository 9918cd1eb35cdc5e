import { expect, test } from '@jest/globals';
import type { Event } from '../../../src/kernel/contract.ts';
import { warningsPerSecond } from '../../../src/wires/common/limits.ts';
import { Warnings } from '../../../src/wires/common/warnings.ts';

function told(): { events: Event[]; warnings: Warnings } {
  const events: Event[] = [];
  return { events, warnings: new Warnings((event) => events.push(event)) };
}

test('a few warnings are told one by one, a flood is counted by kind and told when the second is over', () => {
  const { events, warnings } = told();
  for (let index = 0; index < warningsPerSecond; index += 1) warnings.warn('odd', `odd ${index}`, 1_000);
  expect(events.map((event) => 'message' in event && event.message)).toEqual(
    Array.from({ length: warningsPerSecond }, (_, index) => `odd ${index}`),
  );
  expect(warnings.deadline()).toBeUndefined();

  for (let index = 0; index < 500; index += 1) warnings.warn(index < 300 ? 'odd' : 'strange', 'more', 1_500);
  expect(events).toHaveLength(warningsPerSecond);
  expect(warnings.deadline()).toBe(2_000);
  warnings.handleTimeout(1_999);
  expect(events).toHaveLength(warningsPerSecond);

  warnings.handleTimeout(2_000);
  expect(events.slice(warningsPerSecond)).toEqual([
    { type: 'warning', code: 'odd', message: 'odd: 300 more like this in the last second', count: 300 },
    {
      type: 'warning',
      code: 'strange',
      message: 'strange: 200 more like this in the last second',
      count: 200,
    },
  ]);
  expect(warnings.deadline()).toBeUndefined();
});

test('in the next second warnings are told one by one again, after what was counted', () => {
  const { events, warnings } = told();
  for (let index = 0; index <= warningsPerSecond; index += 1) warnings.warn('odd', 'flood', 1_000);
  warnings.warn('odd', 'later', 2_500);
  expect(events.slice(warningsPerSecond)).toEqual([
    { type: 'warning', code: 'odd', message: 'odd: 1 more like this in the last second', count: 1 },
    { type: 'warning', code: 'odd', message: 'later' },
  ]);
});
