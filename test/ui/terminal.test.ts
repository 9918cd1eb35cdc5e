import { expect, test } from '@jest/globals';
import { EventEmitter } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { Event } from '../../src/contract.ts';
import { resizeSettleMs } from '../../src/ui/limits.ts';
import { TerminalFace, type TerminalOptions } from '../../src/ui/terminal.ts';
import { FakeKeyboard, FakeOutput, bobId, brokenPipe, message, ready, settled, started } from './fakes.ts';

const ESC = '\u001B';
const PROMPT = 'alice> ';

/** `columns` 0: nobody is attached. */
async function face(columns = 80, overrides: Partial<TerminalOptions> = {}) {
  const stdin = new FakeKeyboard();
  const stdout = new FakeOutput(columns);
  const signals = new EventEmitter();
  const clock = { nowMs: 0 };
  const made = new TerminalFace({
    stdin,
    stdout,
    stderr: new FakeOutput(),
    lineMaxBytes: 100,
    verbose: false,
    color: false,
    banner: false,
    signals,
    now: () => clock.nowMs,
    ...overrides,
  });
  const port = started(made);
  await made.show([ready()]);
  /** Presses these keys, and gives what was drawn for them. */
  const type = async (keys: string): Promise<string> => {
    const before = stdout.text.length;
    stdin.write(keys);
    await settled();
    return stdout.text.slice(before);
  };
  const drawn = async (...events: Event[]): Promise<string> => {
    const before = stdout.text.length;
    await made.show(events);
    return stdout.text.slice(before);
  };
  return { made, port, stdin, stdout, signals, clock, type, drawn };
}

const paste = (text: string): string => `${ESC}[200~${text}${ESC}[201~`;

test('while nobody is there, lines are printed plainly: no prompt, no escape sequence', async () => {
  const { made, stdout, drawn } = await face(0);
  expect(await drawn(message('hi'), message('ho'))).toBe('bob: hi\nbob: ho\n');
  expect(stdout.text).not.toContain(ESC);
  await made.stop();
  expect(stdout.text).not.toContain(ESC);
});

test('the banner comes first, once', async () => {
  const { stdout } = await face(0, { banner: true });
  expect(stdout.text.indexOf('|_|')).toBeGreaterThan(0);
  expect(stdout.text.indexOf('ready alice')).toBeGreaterThan(stdout.text.lastIndexOf('|_|'));
});

test('the first key wakes the prompt, and is not lost', async () => {
  const { type, port } = await face(0);
  expect(await type('h')).toContain(PROMPT);
  await type('i\r');
  expect(port.said).toEqual(['hi']);
});

test('a resize draws banner and prompt once for all the signals that it causes', async () => {
  const { stdout, signals } = await face(0, { banner: true });
  const before = stdout.text.length;
  stdout.columns = 80;
  signals.emit('SIGWINCH');
  signals.emit('SIGWINCH');
  await stdout.until(PROMPT);
  await pause(resizeSettleMs * 2);
  const drawn = stdout.text.slice(before);
  expect(drawn.split('|_|_').length).toBe(2);
  expect(drawn.split('ready alice').length).toBe(2);
});

test('a draft survives incoming lines: it is drawn again below them, in the same write', async () => {
  const { stdout, type, drawn, port } = await face();
  await type('half a th');
  const writes = stdout.writes;
  const frame = await drawn(message('one'), message('two'));
  expect(stdout.writes).toBe(writes + 1);
  expect(frame.startsWith(`\r${ESC}[J`)).toBe(true);
  expect(frame.indexOf('bob: one\nbob: two\n')).toBeLessThan(frame.indexOf(`${PROMPT}half a th`));
  await type('ought\r');
  expect(port.said).toEqual(['half a thought']);
});

test('a draft over several rows is erased from its first row on', async () => {
  const { type, drawn } = await face(20);
  await type('x'.repeat(40));
  const frame = await drawn(message('one'));
  expect(frame.startsWith(`${ESC}[2A\r${ESC}[Jbob: one\n\n\n`)).toBe(true);
});

test('Enter on an empty draft says nothing; an earlier line comes back on the arrow', async () => {
  const { type, port } = await face();
  await type('\r\r');
  expect(port.commands).toEqual([]);
  await type('first\r');
  await type('second\r');
  await type(`${ESC}[A${ESC}[A\r`);
  expect(port.said).toEqual(['first', 'second', 'first']);
});

test('a command is carried out, a mistake is explained, and two slashes say it', async () => {
  const { type, port } = await face();
  await type('/peers\r');
  expect(port.commands).toEqual([{ type: 'status' }]);
  expect(await type('/help\r')).toContain('/quit');
  expect(await type('/nonsense\r')).toContain('/help lists them');
  expect(await type('/clear\r')).toContain(`${ESC}[2J`);
  await type('//quit\r');
  expect(port.said).toEqual(['/quit']);
  expect(port.left).toEqual([]);
  await type('/quit\r');
  expect(port.left).toEqual(['asked']);
});

test('pasted text is never a command, and is said only by Enter', async () => {
  const { type, port } = await face();
  await type(paste('/quit\r'));
  expect(port.said).toEqual([]);
  await type('\r');
  expect(port.said).toEqual(['/quit']);
  expect(port.left).toEqual([]);
});

test('a paste of several lines is one placeholder in the draft, and one line each where the wire needs it', async () => {
  const { type, port } = await face();
  expect(await type(`see ${paste('one\r\n\r\n/three')}`)).toContain('[paste 1: 3 lines]');
  await type('!\r');
  expect(port.said).toEqual(['see one', '', '/three!']);
  // It is no placeholder any more, neither typed nor from history.
  await type('[paste 1: 3 lines]\r');
  expect(port.said.at(-1)).toBe('[paste 1: 3 lines]');
});

test('a paste of several lines is one text where the wire carries newlines', async () => {
  const { type, drawn, port } = await face();
  await drawn(ready({ wire: 'tincan' }));
  await type(`${paste('one\rtwo')}\r`);
  expect(port.said).toEqual(['one\ntwo']);
});

test('control characters in a paste reach the peers, not the own screen', async () => {
  const { type, port } = await face();
  const drawn = await type(paste(`a${ESC}[2Jb`));
  expect(drawn).not.toContain(`${ESC}[2J`);
  await type('\r');
  expect(port.said).toEqual([`a${ESC}[2Jb`]);
});

test('a line over the bound is refused, told and counted', async () => {
  const { type, port } = await face();
  expect(await type(`${'x'.repeat(101)}\r`)).toContain('longer than 100 bytes');
  expect(port.said).toEqual([]);
  expect(port.refusedLines).toBe(1);
});

test('one Ctrl-C clears the draft and says how to leave; a second within two seconds leaves', async () => {
  const { type, port, clock } = await face();
  const drawn = await type('draft\u0003');
  expect(drawn).toContain('Ctrl-P Ctrl-Q');
  await type('\r');
  expect(port.said).toEqual([]);
  clock.nowMs = 2001;
  await type('\u0003');
  expect(port.left).toEqual([]);
  clock.nowMs = 4001;
  await type('\u0003');
  expect(port.left).toEqual(['asked']);
});

test('Ctrl-D leaves on an empty draft only', async () => {
  const { type, port } = await face();
  await type('x\u0004');
  expect(port.left).toEqual([]);
  await type('\u007F\u0004');
  expect(port.left).toEqual(['asked']);
});

test('a terminal that goes away makes the face leave', async () => {
  const { stdin, port } = await face();
  stdin.end();
  await port.until('leave', () => port.left.length > 0);
  expect(port.left).toEqual(['asked']);
});

test('stop restores the terminal, at once and once; lines are still shown after it, plainly', async () => {
  const { made, stdin, stdout, type, drawn } = await face();
  await type('x');
  expect(stdin.raw).toBe(true);
  expect(stdout.text).toContain(`${ESC}[?2004h`);
  const stopped = made.stop();
  expect(stdin.raw).toBe(false);
  expect(stdout.text.endsWith(`${ESC}[?2004l`)).toBe(true);
  await stopped;
  await made.stop();
  expect(stdout.text.split(`${ESC}[?2004l`).length).toBe(2);
  expect(await drawn(message('late'))).toBe('bob: late\n');
});

test('closed input: entered lines wait, are said in order when it opens, and are counted if it never does', async () => {
  const { made, type, port } = await face();
  port.onCommand = () => {
    made.setInputOpen(false);
  };
  await type('1\r');
  expect(await type('2\r')).toContain('1 line waiting');
  await type('3\r');
  expect(port.said).toEqual(['1']);
  made.setInputOpen(true);
  expect(port.said).toEqual(['1', '2']);
  await made.stop();
  expect(port.refusedLines).toBe(1);
});

test('nothing that a peer sends reaches the terminal as a control', async () => {
  const { drawn } = await face(0);
  const evil = `${ESC}]0;x\u0007\u009B\n`;
  const text = await drawn(
    message(evil, evil),
    { type: 'peer-joined', name: evil, peerId: bobId, address: { ip: '::1', port: 1 } },
    { type: 'error', code: evil, message: evil },
  );
  expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  expect(text.split('\n').length).toBe(4);
});

test('a flood does not starve the keyboard: keys are handled between its writes', async () => {
  const { made, stdin, port } = await face();
  const flood = Array.from({ length: 50_000 }, (_, index) => message(`line ${index}`));
  let shown = false;
  const show = made.show(flood).then(() => (shown = true));
  // As a key comes from the kernel: in a turn of its own.
  setImmediate(() => stdin.write('hi\r'));
  await port.until('a say', () => port.said.length > 0);
  expect(shown).toBe(false);
  await show;
});

test('a reader of stdout that goes away makes the face leave, and messages are not taken', async () => {
  const { made, port } = await face(80, { stdout: brokenPipe() });
  expect(await made.show([message('x')])).toBe('gone');
  expect(port.left).toEqual(['output-gone']);
});

test('an error before the start is shown, plainly', async () => {
  const stdout = new FakeOutput(80);
  const made = new TerminalFace({
    stdin: new FakeKeyboard(),
    stdout,
    stderr: new FakeOutput(),
    lineMaxBytes: 100,
    verbose: false,
    color: false,
    banner: true,
    signals: new EventEmitter(),
    now: () => 0,
  });
  expect(await made.show([{ type: 'error', code: 'c', message: 'port taken' }])).toBe('written');
  await made.stop();
  expect(stdout.text).toBe('error: port taken\n');
});

test('a reader that is gone before the start is told at the start', async () => {
  const made = new TerminalFace({
    stdin: new FakeKeyboard(),
    stdout: brokenPipe(),
    stderr: new FakeOutput(),
    lineMaxBytes: 100,
    verbose: false,
    color: false,
    banner: false,
    signals: new EventEmitter(),
    now: () => 0,
  });
  expect(await made.show([message('a')])).toBe('gone');
  expect(started(made).left).toEqual(['output-gone']);
  await made.stop();
});
