import { expect, test } from '@jest/globals';
import { faultsOf, runRound } from './round.ts';
import type { Message } from './side.ts';

function heard(line: number, more: Partial<Message> = {}): Message {
  return { peerId: 'p', seq: line, text: `alice ${line}`, again: false, life: 1, ...more };
}

test('nodes that are killed while they talk lose no line, double none unmarked, and keep their order', async () => {
  const seed = Math.floor(Math.random() * 1_000_000);
  const { faults } = await runRound({ seed, lines: 3_000 });
  expect({ seed, faults }).toEqual({ seed, faults: [] });
});

test('lines once and in order are no fault, nor is one that comes again and says so', () => {
  const messages = [heard(1), heard(2), heard(2, { again: true, life: 2 }), heard(3, { life: 2 })];
  expect(faultsOf('bob', messages, 'alice', 3)).toEqual([]);
});

test.each([
  ['a line that is missing in between', [heard(1), heard(3)]],
  ['a line that comes twice, unmarked', [heard(1), heard(2), heard(2), heard(3)]],
  ['a line before its turn', [heard(2), heard(1), heard(3)]],
  ['the end that is missing', [heard(1), heard(2)]],
  [
    'a number that comes again with another text',
    [heard(1), heard(2), heard(3), heard(3, { again: true, text: 'x' })],
  ],
])('found out: %s', (_, messages) => {
  expect(faultsOf('bob', messages, 'alice', 3)).not.toEqual([]);
});
