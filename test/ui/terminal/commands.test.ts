import { expect, test } from '@jest/globals';
import { COMMAND_HELP, COMMAND_WORDS, actionIn, readEntry } from '../../../src/ui/terminal/commands.ts';
import { historyShownLines } from '../../../src/ui/limits.ts';

test.each([
  ['', { type: 'nothing' }],
  [' ', { type: 'say', text: ' ' }],
  ['hi /quit', { type: 'say', text: 'hi /quit' }],
  ['//quit', { type: 'say', text: '/quit' }],
  ['///', { type: 'say', text: '//' }],
  ['/quit', { type: 'quit' }],
  ['/peers  ', { type: 'peers' }],
  ['/me waves  twice', { type: 'say', text: '/me waves  twice' }],
  ['/msg bob see\nyou', { type: 'message', text: 'bob see\nyou' }],
  ['/nick two words', { type: 'rename', name: 'two words' }],
  ['/trace', { type: 'trace', on: undefined }],
  ['/trace off', { type: 'trace', on: false }],
  ['/history', { type: 'history', lines: historyShownLines }],
  ['/history 5', { type: 'history', lines: 5 }],
])('the entry %j is read as a command or a line', (draft, entry) => {
  expect(readEntry(draft, true)).toEqual(entry);
});

test.each([
  '/',
  '/foo',
  '/etc/passwd is a file',
  '/quit now',
  '/toString',
  '/__proto__',
  '/me',
  '/msg bob',
  '/nick ',
  '/trace maybe',
  '/history 0',
  '/history -1',
  '/history many',
  '/history 1e9',
])('the mistake %j is explained, and never said', (draft) => {
  expect(readEntry(draft, true)).toEqual({
    type: 'mistake',
    message: expect.stringContaining('two slashes'),
  });
});

test('a mistake says how the command is written, or which one was meant', () => {
  expect(readEntry('/msg bob', true)).toMatchObject({ message: expect.stringContaining('/msg NAME TEXT') });
  expect(readEntry('/hist', true)).toMatchObject({
    message: expect.stringContaining('did you mean /history?'),
  });
  expect(readEntry('/m', true)).toMatchObject({ message: expect.stringContaining('/help lists them') });
});

test('what was not typed is never a command', () => {
  expect(readEntry('/quit', false)).toEqual({ type: 'say', text: '/quit' });
  expect(readEntry('//quit', false)).toEqual({ type: 'say', text: '//quit' });
});

test('help tells of every command that Tab completes', () => {
  const told = COMMAND_HELP.map(([usage]) => usage.split(' ')[0]);
  expect(told).toEqual([...COMMAND_WORDS.keys(), '//TEXT']);
});

test('an action is what follows /me and a space', () => {
  expect(actionIn('/me waves')).toBe('waves');
  expect(actionIn('/meow')).toBeUndefined();
  expect(actionIn('say /me waves')).toBeUndefined();
});
