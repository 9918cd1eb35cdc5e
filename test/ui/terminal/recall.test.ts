import { expect, test } from '@jest/globals';
import { EMPTY_DRAFT, draftOf, draftText } from '../../../src/ui/terminal/draft.ts';
import { TypedLinesInMemory } from '../../../src/store/in-memory.ts';
import { typedLineMaxLength } from '../../../src/ui/limits.ts';
import { Recall } from '../../../src/ui/terminal/recall.ts';

function recall(...lines: readonly string[]) {
  const typed = new TypedLinesInMemory();
  const made = new Recall(typed);
  for (const line of lines) made.add(line);
  return { made, typed };
}

function text(draft = EMPTY_DRAFT): string {
  return draftText(draft.atoms);
}

test('changes to the draft and to an earlier line are kept until Enter', () => {
  const { made } = recall('one', 'two');
  expect(text(made.go('older', draftOf('draft')))).toBe('two');
  expect(text(made.go('older', draftOf('two, changed')))).toBe('one');
  expect(made.go('older', draftOf('one'))).toBeUndefined();
  expect(text(made.go('newer', draftOf('one')))).toBe('two, changed');
  expect(text(made.go('newer', draftOf('two, changed')))).toBe('draft');
  expect(made.go('newer', draftOf('draft'))).toBeUndefined();
  made.add('three');
  made.go('older', EMPTY_DRAFT);
  expect(text(made.go('older', EMPTY_DRAFT))).toBe('two');
});

test('the same line twice is kept once, and an empty or a huge one is not kept', () => {
  const { typed } = recall('one', 'one', '', 'x'.repeat(typedLineMaxLength + 1), 'two', 'one');
  expect(typed.load()).toEqual(['one', 'two', 'one']);
});

test('lines of earlier runs come back on the arrow', () => {
  const typed = new TypedLinesInMemory();
  typed.add('earlier');
  expect(text(new Recall(typed).go('older', EMPTY_DRAFT))).toBe('earlier');
});
