/** Which bytes of a terminal are keys, and which are pasted text. */
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { pasteMaxBytes, pasteQuietMs, unbracketedQuietMs } from '../../../src/ui/limits.ts';
import { Keyboard } from '../../../src/ui/terminal/keyboard.ts';
import { FakeKeyboard } from '../fakes.ts';
import { ESC, paste } from './terminal-bench.ts';

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
});
afterEach(() => {
  jest.useRealTimers();
});

/** A keyboard, and what it told, one row each. */
function keyboard() {
  const stdin = new FakeKeyboard();
  const told: string[] = [];
  const made = new Keyboard(stdin, {
    touched: () => {},
    key: (action) => told.push(action?.type === 'insert' ? action.text : `<${action?.type}>`),
    pasted: (text) => told.push(`pasted ${JSON.stringify(text)}`),
    pasteTooLarge: (bytes) => told.push(`too large: ${bytes}`),
    end: () => told.push('<end>'),
  });
  return { made, told, stdin, read: (bytes: string) => stdin.emit('data', Buffer.from(bytes)) };
}

test('a paste in brackets is text, wherever its bytes are cut into reads', () => {
  const bytes = `a${paste('one\r\n/quit\r\u0003\u0004\t')}b`;
  for (let cut = 1; cut < bytes.length; cut++) {
    const { read, told } = keyboard();
    read(bytes.slice(0, cut));
    read(bytes.slice(cut));
    expect(told).toEqual(['a', `pasted ${JSON.stringify('one\n/quit\n\u0003\u0004\t')}`, 'b']);
  }
});

test('without brackets, several lines in one read are a paste: none of them is obeyed', () => {
  const { read, told } = keyboard();
  read('line\r/nick evil\r/quit\r');
  expect(told).toEqual([]);
  jest.advanceTimersByTime(unbracketedQuietMs);
  expect(told).toEqual(['pasted "line\\n/nick evil\\n/quit"']);
});

test('a paste without brackets lasts as long as reads follow at once, whatever is in them', () => {
  const { read, told } = keyboard();
  read('one\r/two');
  jest.advanceTimersByTime(unbracketedQuietMs - 1);
  read('\r');
  jest.advanceTimersByTime(unbracketedQuietMs - 1);
  read('/quit\r');
  jest.advanceTimersByTime(unbracketedQuietMs);
  read('x');
  expect(told).toEqual(['pasted "one\\n/two\\n/quit"', 'x']);
});

test.each([
  ['one line and Enter', 'hi\r', ['h', 'i', '<enter>']],
  ['Enter held down', '\r\r\r', ['<enter>', '<enter>', '<enter>']],
  ['a paste in brackets and Enter', `${paste('a\rb')}\r`, ['pasted "a\\nb"', '<enter>']],
  ['Enter after an arrow', `${ESC}[A\r`, ['<recall>', '<enter>']],
])('%s in one read is keys', (_what, bytes, keys) => {
  const { read, told } = keyboard();
  read(bytes);
  expect(told).toEqual(keys);
});

test('a pasted text that has the end of a paste in it does not get out of the paste', () => {
  const { read, told } = keyboard();
  read(paste(`x${ESC}[201~\r/quit\r`));
  jest.advanceTimersByTime(unbracketedQuietMs);
  expect(told).toEqual(['pasted "x\\n/quit"']);
});

test('the start of a paste inside a paste loses nothing of it', () => {
  const { read, told } = keyboard();
  read(`${ESC}[200~one ${ESC}[200~two${ESC}[201~`);
  expect(told).toEqual(['pasted "one two"']);
});

test('a paste whose end was lost ends with quiet, its text is there, and keys are keys again', () => {
  const { read, told } = keyboard();
  read(`${ESC}[200~kept\r`);
  jest.advanceTimersByTime(pasteQuietMs - 1);
  read('/too\r');
  jest.advanceTimersByTime(pasteQuietMs);
  read('x\r');
  expect(told).toEqual(['pasted "kept\\n/too"', 'x', '<enter>']);
});

test('Ctrl-C drops a paste whose end was lost, at once', () => {
  const { read, told } = keyboard();
  read(`${ESC}[200~lost`);
  read('\u0003');
  read('x');
  expect(told).toEqual(['<interrupt>', 'x']);
});

test.each(['[', '[2', '[20', '[200', '[1;', 'O', ''])(
  'Ctrl-C is heard after the broken sequence ESC %s, and so is the key after it',
  (start) => {
    const { read, told } = keyboard();
    read(`${ESC}${start}`);
    read('\u0003');
    read('x');
    expect(told).toEqual(['<interrupt>', 'x']);
  },
);

test('a key that is cut into reads of one byte is one key', () => {
  const { stdin, told } = keyboard();
  for (const byte of Buffer.from(`é👍${ESC}[A`)) stdin.emit('data', Buffer.from([byte]));
  expect(told).toEqual(['é', '👍', '<recall>']);
});

test('a paste that is too large is dropped whole, and told', () => {
  const { read, told } = keyboard();
  read(paste('x'.repeat(pasteMaxBytes + 1)));
  expect(told).toEqual([`too large: ${pasteMaxBytes + 1}`]);
});

test('a keyboard that was closed says no more, and leaves raw mode', () => {
  const { made, read, told, stdin } = keyboard();
  expect(stdin.raw).toBe(true);
  read('one\rtwo');
  made.close();
  read('x');
  jest.advanceTimersByTime(pasteQuietMs);
  expect([told, stdin.raw]).toEqual([[], false]);
});

test('a keyboard that is restored is in raw mode, whatever the terminal was told meanwhile', () => {
  const { made, stdin } = keyboard();
  const modes: boolean[] = [];
  stdin.setRawMode = (mode) => modes.push(mode);
  made.restore();
  // Node.js sets no mode twice: without the first call the second would do nothing.
  expect(modes).toEqual([false, true]);
});
