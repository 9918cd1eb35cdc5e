/** Keys as a terminal sends them, and the draft that they make. */
import { expect, test } from '@jest/globals';
import { type Draft, draftText } from '../../../src/ui/terminal/draft.ts';
import { LineEditor } from '../../../src/ui/terminal/editor.ts';
import { TypedLinesInMemory } from '../../../src/store/in-memory.ts';
import { pasteMaxBytes } from '../../../src/ui/limits.ts';
import { FakeKeyboard, settled } from '../fakes.ts';
import { ESC, paste } from './terminal-bench.ts';

function editor() {
  const stdin = new FakeKeyboard();
  const entered: string[] = [];
  const told: string[] = [];
  let changes = 0;
  const made = new LineEditor({
    stdin,
    typedLines: new TypedLinesInMemory(),
    on: {
      touched: () => {},
      changed: () => (changes += 1),
      entry: ({ atoms }: Draft) => entered.push(draftText(atoms)),
      complete: (before) => `<after ${before}>`,
      redraw: () => told.push('redraw'),
      interrupt: () => told.push('interrupt'),
      suspend: () => told.push('suspend'),
      end: () => told.push('end'),
      pasteTooLarge: (bytes) => told.push(`too large: ${bytes}`),
    },
  });
  const type = async (keys: string): Promise<void> => {
    stdin.write(keys);
    await settled();
  };
  /** What these keys and an Enter say. */
  const said = async (keys: string): Promise<string | undefined> => {
    await type(`${keys}\r`);
    return entered.at(-1);
  };
  return { made, stdin, type, said, entered, told, changes: () => changes };
}

test.each([
  ['characters of any length', 'é漢👨‍👩‍👧', 'é漢👨‍👩‍👧'],
  ['Backspace takes one whole character', 'a👨‍👩‍👧\u007F', 'a'],
  ['Delete', `ab${ESC}[D${ESC}[3~`, 'a'],
  ['Ctrl-D where there is a draft deletes', `ab${ESC}[D\u0004`, 'a'],
  ['Home, End', `b${ESC}[Ha${ESC}[Fc`, 'abc'],
  ['Ctrl-A, Ctrl-E', 'b\u0001a\u0005c', 'abc'],
  ['Ctrl-B, Ctrl-F', 'ad\u0002b\u0006e', 'abde'],
  ['Alt-B, Alt-F', `two${ESC}bone ${ESC}f!`, 'one two!'],
  ['Ctrl and the arrows', `two${ESC}[1;5Done ${ESC}[1;5C!`, 'one two!'],
  ['Alt and the arrows', `two${ESC}[1;3Done ${ESC}[1;3C!`, 'one two!'],
  ['Ctrl-U', 'gone\u0015kept', 'kept'],
  ['Ctrl-K', `kept gone${ESC}b\u000B`, 'kept '],
  ['Ctrl-W goes by white space', 'a b.c\u0017', 'a '],
  ['Alt-Backspace goes by words', `a b.c${ESC}\u007F`, 'a b.'],
  ['Alt-D', `one two${ESC}b${ESC}b${ESC}d`, ' two'],
  ['Ctrl-Y puts back what was cut', 'one two\u0017\u0019\u0019', 'one twotwo'],
  ['cuts in a row are put back together', 'one two\u0017\u0017\u0019', 'one two'],
  ['a cut after a movement starts anew', `one two\u0017x\u0017\u0019`, 'one x'],
  ['Tab', 'pe\t', 'pe<after pe>'],
  ['a paste between keys', `a${paste('b\rc')}d\u007Fe`, 'ab\nce'],
  ['a key that means nothing', `a${ESC}[24~${ESC}q\u0000b`, 'ab'],
  ['C1 controls are no text', 'a\u009Bb', 'ab'],
])('keys make the draft that they should: %s', async (_what, keys, text) => {
  expect(await editor().said(keys)).toBe(text);
});

test('keys that came at once are drawn at once', async () => {
  const { type, changes } = editor();
  const before = changes();
  await type('x'.repeat(1000));
  expect(changes()).toBe(before + 1);
});

test('Ctrl-C, Ctrl-Z, Ctrl-L and Ctrl-D on an empty draft are told', async () => {
  const { type, told } = editor();
  await type('\u0003\u001A\u000C\u0004');
  expect(told).toEqual(['interrupt', 'suspend', 'redraw', 'end']);
});

test('a paste that is too large is dropped whole, and told', async () => {
  const { type, told, said } = editor();
  await type(`kept${paste('x'.repeat(pasteMaxBytes + 1))}`);
  expect(told).toEqual([`too large: ${pasteMaxBytes + 1}`]);
  expect(await said('')).toBe('kept');
});

test('where a yes is wanted, y is one, and nothing else is, a paste least of all', async () => {
  const answers: boolean[] = [];
  const { made, type } = editor();
  const ask = (): void => made.ask('Sure? ', (isYes) => answers.push(isYes));
  for (const keys of ['y', 'Y', 'n', '\r', ESC + 'y', '\u0003']) {
    ask();
    await type(keys);
  }
  expect(answers).toEqual([true, true, false, false, false, false]);
  ask();
  await type(paste('y'));
  expect(answers.length).toBe(6);
  await type('y');
  expect(answers.at(-1)).toBe(true);
});
