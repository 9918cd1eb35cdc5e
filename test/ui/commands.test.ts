import { expect, test } from '@jest/globals';
import { helpLines, readEntry } from '../../src/ui/commands.ts';

test.each([
  ['', { type: 'nothing' }],
  [' ', { type: 'say', text: ' ' }],
  ['hi /quit', { type: 'say', text: 'hi /quit' }],
  ['//quit', { type: 'say', text: '/quit' }],
  ['///', { type: 'say', text: '//' }],
  ['/quit', { type: 'command', command: 'quit' }],
  ['/peers  ', { type: 'command', command: 'peers' }],
])('entry %j', (draft, entry) => {
  expect(readEntry(draft)).toEqual(entry);
});

test.each(['/', '/foo', '/etc/passwd is a file', '/quit now', '/toString', '/__proto__'])(
  'mistake %j is explained, and never said',
  (draft) => {
    expect(readEntry(draft)).toEqual({ type: 'mistake', message: expect.stringContaining('two slashes') });
  },
);

test('help names every command that works', () => {
  const commands = helpLines().flatMap(
    (line) => /^\/(?<command>[a-z]+)/u.exec(line)?.groups?.['command'] ?? [],
  );
  expect(commands).toEqual(['help', 'peers', 'clear', 'quit']);
  for (const command of commands) expect(readEntry(`/${command}`)).toEqual({ type: 'command', command });
});
