import { expect, test } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import type { Event } from '../../../src/kernel/contract.ts';
import { drowsyAfterMs, pasteUnaskedMaxLines, resizeSettleMs } from '../../../src/ui/limits.ts';
import { TerminalFace } from '../../../src/ui/terminal/terminal.ts';
import { wirePeerId } from '../../../src/wires/common/peer-id.ts';
import { FakeOutput, bobAddress, bobId, brokenPipe, message, ready, started } from '../fakes.ts';
import { ESC, TerminalBench, paste, terminalOptions } from './terminal-bench.ts';

const PROMPT = 'alice>';
const DAY_MS = 86_400_000;
const otherId = wirePeerId({ ip: '10.0.0.9', port: 5001 });
const onTincan = ready({ wire: 'tincan', receipts: true });
const joined: Event = { type: 'peer-joined', name: 'bob', peerId: bobId, address: bobAddress };

test('while nobody is there, lines are printed plainly: no prompt, no escape sequence', async () => {
  const bench = await TerminalBench.start({ columns: 0 });
  expect(await bench.show(message('hi'), message('ho'))).toMatch(
    /^\d\d:\d\d {4}bob: hi\n\d\d:\d\d {4}bob: ho\n$/u,
  );
  await bench.face.stop();
  expect(bench.stdout.text).not.toContain(ESC);
});

test('the banner comes first, and once', async () => {
  const { stdout } = await TerminalBench.start({ columns: 0, banner: true });
  expect(stdout.text.indexOf('|_|')).toBeGreaterThan(0);
  expect(stdout.text.indexOf('ready alice')).toBeGreaterThan(stdout.text.lastIndexOf('|_|'));
});

test('the first key wakes the prompt, and is not lost', async () => {
  const bench = await TerminalBench.start({ columns: 0 });
  expect(await bench.type('h')).toContain(PROMPT);
  await bench.type('i\r');
  expect(bench.port.said).toEqual(['hi']);
});

test('whoever attaches gets banner, the last lines and the prompt, once for all the signals that an attach causes', async () => {
  const bench = await TerminalBench.start({ columns: 0, banner: true });
  await bench.show(message('while nobody was here'));
  const before = bench.stdout.text.length;
  Object.assign(bench.stdout, { columns: 81, rows: 25 });
  bench.signals.emit('SIGWINCH');
  Object.assign(bench.stdout, { columns: 80, rows: 24 });
  bench.signals.emit('SIGWINCH');
  await bench.stdout.until(PROMPT);
  await pause(resizeSettleMs * 2);
  const drawn = bench.stdout.text.slice(before);
  expect(drawn.split('|_|_').length).toBe(2);
  expect(drawn.split('ready alice').length).toBe(2);
  expect(drawn.split('while nobody was here').length).toBe(2);
  // What stood on the person's screen before stays there.
  expect(drawn).not.toContain(`${ESC}[H`);
});

test('a new name is in the prompt, and at the top of a window that is drawn anew', async () => {
  const bench = await TerminalBench.start();
  await bench.show({ type: 'renamed', name: 'alicia' });
  await bench.type('\u000C');
  const seen = await bench.seen();
  expect(seen[0]).toContain('ready alicia');
  expect(seen.at(-1)).toBe('alicia>');
});

test('a window of another size is drawn anew: its lines flow, and the draft is there', async () => {
  const bench = await TerminalBench.start({ columns: 40, rows: 9 });
  await bench.show(message('a line that is longer than the narrower window'));
  await bench.type('a draft that is quite long too');
  await bench.resize(20, 9);
  expect((await bench.seen()).slice(-8)).toEqual([
    '   bob: a line',
    '         that is',
    '         longer than',
    '         the',
    '         narrower',
    '         window',
    'alice> a draft that',
    'is quite long too',
  ]);
  await bench.resize(60, 9);
  expect((await bench.seen()).slice(-2)).toEqual([
    '   bob: a line that is longer than the narrower window',
    'alice> a draft that is quite long too',
  ]);
});

test('a draft survives incoming lines: it is drawn again below them, in the same write', async () => {
  const bench = await TerminalBench.start();
  await bench.type('half a th');
  const { writes } = bench.stdout;
  await bench.show(message('one'), message('two'));
  expect(bench.stdout.writes).toBe(writes + 1);
  expect((await bench.seen()).slice(-3)).toEqual(['   bob: one', '   bob: two', 'alice> half a th']);
  await bench.type('ought\r');
  expect(bench.port.said).toEqual(['half a thought']);
});

test('Enter on an empty draft says nothing; an earlier line comes back on the arrow, and the draft is kept', async () => {
  const bench = await TerminalBench.start();
  await bench.type('\r');
  await bench.type('\r');
  expect(bench.port.commands).toEqual([]);
  await bench.type('first\r');
  await bench.type('second\r');
  await bench.type(`draft${ESC}[A${ESC}[A\r`);
  expect(bench.port.said).toEqual(['first', 'second', 'first']);
  await bench.type(`kept${ESC}[A${ESC}[B\r`);
  expect(bench.port.said.at(-1)).toBe('kept');
});

test('commands are carried out, mistakes explained, and two slashes say it', async () => {
  const bench = await TerminalBench.start();
  for (const entry of ['/peers', '/nick alicia', '/trace', '/trace', '/trace off'])
    await bench.type(`${entry}\r`);
  expect(bench.port.commands).toEqual([
    { type: 'status' },
    { type: 'rename', name: 'alicia' },
    { type: 'trace', on: true },
    { type: 'trace', on: false },
    { type: 'trace', on: false },
  ]);
  expect(await bench.type('/help\r')).toContain('/quit');
  expect(await bench.type('/nonsense\r')).toContain('/help lists them');
  expect(await bench.type('/nick \u200B\r')).toContain('invisible');
  await bench.type('//quit\r');
  expect(bench.port.said).toEqual(['/quit']);
  await bench.type('/clear\r');
  expect(await bench.seen()).toEqual([PROMPT]);
  expect(bench.port.left).toEqual([]);
  await bench.type('/quit\r');
  expect(bench.port.left).toEqual(['asked']);
});

test('an action is told as such, here and by whoever hears it', async () => {
  const bench = await TerminalBench.start();
  await bench.type('/me waves\r');
  expect(bench.port.said).toEqual(['/me waves']);
  await bench.show(message('/me waves back'));
  expect((await bench.seen()).slice(-3, -1)).toEqual([' · * alice waves', '   * bob waves back']);
});

test('a private line goes to the one who is named, and is marked', async () => {
  const bench = await TerminalBench.start({}, onTincan);
  expect(await bench.type('/msg bob psst\r')).toContain('nobody here is called bob');
  expect(bench.port.commands).toEqual([]);
  await bench.show(joined);
  await bench.type('/msg bob psst\r');
  expect(bench.port.commands).toEqual([{ type: 'say', text: 'psst', ref: 1, to: bobId }]);
  await bench.show({ ...message('what?'), private: true });
  expect((await bench.seen()).slice(-3, -1)).toEqual([' · alice to bob: psst', ' @ bob to you: what?']);
});

test('the day stands between the lines where it changes, and is not repeated', async () => {
  const bench = await TerminalBench.start();
  await bench.show(message('one'));
  const day = (days: number): string => new Date(bench.nowMs + days * DAY_MS).toLocaleDateString('sv');
  const later = (text: string, days: number): Event => ({
    ...message(text),
    at: bench.nowMs + days * DAY_MS,
  });
  await bench.show(later('two', 1), later('three', 1));
  await bench.show(later('a straggler of yesterday', 0), later('four', 2));
  expect((await bench.seen()).slice(-8)).toEqual([
    '   bob: one',
    day(1),
    '   bob: two',
    '   bob: three',
    '   bob: a straggler of yesterday',
    day(2),
    '   bob: four',
    PROMPT,
  ]);
});

test('Tab lists what fits once, and again when it fits something else', async () => {
  const bench = await TerminalBench.start();
  await bench.show(joined, { ...joined, peerId: otherId, name: 'bobby' });
  expect(await bench.type('bo\t')).toContain('bob  bobby');
  expect(await bench.type('\t\t')).not.toContain('bob  bobby');
  await bench.type('\u0015');
  expect(await bench.type('/trace o\t')).toContain('off  on');
  expect(await bench.type('\u0015bo\t')).toContain('bob  bobby');
  await bench.type('\u0015/trace of\t');
  expect((await bench.seen()).at(-1)).toBe('alice> /trace off');
});

test('Tab completes commands and names, and lists what would fit', async () => {
  const bench = await TerminalBench.start();
  await bench.show(joined, { ...joined, name: 'bobby' });
  await bench.type('/pe\t\u0015');
  expect((await bench.type('/pe\t')).includes('/peers ')).toBe(true);
  await bench.type('\u0015');
  expect(await bench.type('bo\t')).toContain('bobby: ');
});

test('receipts change the mark beside the line, where it stands', async () => {
  const bench = await TerminalBench.start({}, onTincan);
  await bench.show(joined);
  await bench.type('one\r');
  await bench.type('two\r');
  expect((await bench.seen()).slice(-3, -1)).toEqual([' · alice: one', ' · alice: two']);
  await bench.show({ type: 'queued', ref: 1, seq: 1 }, { type: 'queued', ref: 2, seq: 2 });
  await bench.show({ type: 'sent', ref: 1, seq: 1 }, { type: 'sent', ref: 2, seq: 2 });
  await bench.type('a draft');
  await bench.show({ type: 'delivered', ref: 1, seq: 1, to: 'bob', peerId: bobId });
  expect((await bench.seen()).slice(-3)).toEqual(['✓✓ alice: one', ' ✓ alice: two', 'alice> a draft']);
  await bench.show({ type: 'undelivered', ref: 2, seq: 2, to: 'bob', reason: 'it left' });
  expect((await bench.seen()).slice(-4)).toEqual([
    '✓✓ alice: one',
    ' ✗ alice: two',
    ' ✗ undelivered: line 2 to bob (it left)',
    'alice> a draft',
  ]);
});

test('when a line that has left the screen is delivered, a note tells so', async () => {
  const bench = await TerminalBench.start({ rows: 5 }, onTincan);
  await bench.show(joined);
  await bench.type('hello\r');
  await bench.show({ type: 'queued', ref: 1, seq: 1 });
  await bench.show(...['1', '2', '3', '4'].map((text) => message(text)));
  await bench.show({ type: 'delivered', ref: 1, seq: 1, to: 'bob', peerId: bobId });
  expect((await bench.seen()).slice(-3)).toEqual(['   bob: 4', '✓✓ delivered: hello', PROMPT]);
});

test('many lines with the same bad end are told in one row', async () => {
  const bench = await TerminalBench.start({}, onTincan);
  const lost = [3, 4, 5].map((seq): Event => ({
    type: 'undelivered',
    ref: undefined,
    seq,
    to: 'bob',
    reason: 'gone',
  }));
  await bench.show(...lost, { type: 'undelivered', ref: undefined, seq: 6, to: 'carol', reason: 'gone' });
  expect((await bench.seen()).slice(-3, -1)).toEqual([
    ' ✗ undelivered: lines 3 to 5 to bob (gone)',
    ' ✗ undelivered: line 6 to carol (gone)',
  ]);
});

test('/owed lists who is owed how many lines, and /forget asks for one of them to be forgotten', async () => {
  const bench = await TerminalBench.start({}, onTincan);
  await bench.type('/owed\r');
  const address = { ip: '10.0.0.1', port: 5000 };
  const none = { address: bobAddress, linesSent: 3, linesReceived: 4, figures: { linesOwed: 0 } };
  const bob = { ...none, name: 'bob', peerId: bobId, state: 'open' } as const;
  const carol = { ...bob, name: 'carol', peerId: undefined, state: 'connecting' } as const;
  const peers = [bob, { ...carol, figures: { linesOwed: 2 } }];
  await bench.show({ type: 'status', name: 'alice', wire: 'tincan', address, said: 2, peers });
  expect((await bench.seen()).at(-2)?.trim()).toBe('carol  2 lines  never met');
  await bench.type('/forget carol\r');
  expect(bench.port.commands).toEqual([{ type: 'status' }, { type: 'forget', name: 'carol' }]);
  await bench.show({ type: 'forgotten', name: 'carol', peerId: undefined, lines: 2 });
  expect((await bench.seen()).at(-2)?.trim()).toBe('forgotten: carol (2 lines given up)');
});

test('/stats is a table of figures, /peers one of people, whichever was asked for first', async () => {
  const bench = await TerminalBench.start({}, onTincan);
  await bench.type('/stats\r');
  await bench.type('/peers\r');
  const status: Event = {
    type: 'status',
    name: 'alice',
    wire: 'tincan',
    address: { ip: '10.0.0.1', port: 5000 },
    said: 1,
    peers: [
      {
        name: 'bob',
        peerId: bobId,
        address: bobAddress,
        state: 'open',
        linesSent: 3,
        linesReceived: 4,
        figures: { rttMs: 0.42, packetsLost: 1200 },
      },
    ],
  };
  await bench.show(status);
  expect((await bench.seen()).slice(-8, -1).map((row) => row.trim())).toEqual([
    'bob',
    'state           open',
    `address         10.0.0.2:5001`,
    'lines sent      3',
    'lines received  4',
    'round trip      0.4 ms',
    'packets lost    1,200',
  ]);
  await bench.show(status);
  expect((await bench.seen()).at(-2)).toContain(`bob  open  10.0.0.2:5001  key ${bobId}`);
});

test('/history shows what was heard and said, as many lines as asked for', async () => {
  const bench = await TerminalBench.start();
  await bench.show(message('one'), message('two'));
  await bench.type('three\r');
  await bench.type('/clear\r');
  await bench.type('/history 2\r');
  expect((await bench.seen()).map((row) => row.replace(/^ +/u, ''))).toEqual([
    'the last 2 lines:',
    expect.stringContaining('bob: two'),
    'alice: three',
    PROMPT,
  ]);
});

test('pasted text is never a command, and is said only by Enter; nor is it one when an arrow brings it back', async () => {
  const bench = await TerminalBench.start();
  await bench.type(paste('/quit\r'));
  expect(bench.port.said).toEqual([]);
  await bench.type('\r');
  await bench.type(`${ESC}[A\r`);
  expect(bench.port.said).toEqual(['/quit', '/quit']);
  expect(bench.port.left).toEqual([]);
});

test('a window that was left alone still takes a paste as text, with brackets around it or without', async () => {
  const text = 'line\r/nick evil\r/quit\r';
  for (const pasted of [paste(text), text]) {
    const bench = await TerminalBench.start();
    await bench.type('x\u007F');
    bench.nowMs += drowsyAfterMs;
    await bench.show(message('this sends the window to sleep'));
    await bench.seen();
    expect(await bench.screen.modes()).toMatchObject({ bracketedPaste: true });
    await bench.type(pasted);
    await bench.stdout.until('[3 lines pasted]');
    expect([bench.port.commands, bench.port.left]).toEqual([[], []]);
    await bench.face.stop();
    await bench.seen();
    expect(await bench.screen.modes()).toMatchObject({ bracketedPaste: false });
  }
});

test('a paste of several lines is one label in the draft, and one line each where the wire needs it', async () => {
  const bench = await TerminalBench.start();
  expect(await bench.type(`see ${paste('one\r\n\r\n/three')}`)).toContain('see [3 lines pasted]');
  await bench.type('!\r');
  expect(bench.port.said).toEqual(['see one', '', '/three!']);
  await bench.type('[3 lines pasted]\r');
  expect(bench.port.said.at(-1)).toBe('[3 lines pasted]');
});

test('a paste of several lines is one text where the wire carries newlines, and none of its rows looks like another line', async () => {
  const bench = await TerminalBench.start({}, onTincan);
  await bench.type(`${paste('one\rtwo')}\r`);
  expect(bench.port.said).toEqual(['one\ntwo']);
  await bench.show(message('mine\n03:04    carol: fake'));
  expect((await bench.seen()).slice(-3, -1)).toEqual(['   bob: mine', `         │ 03:04    carol: fake`]);
});

test('a long paste is said only after a yes; anything else gives the draft back', async () => {
  const bench = await TerminalBench.start({}, onTincan);
  const lines = Array.from({ length: pasteUnaskedMaxLines + 1 }, (_, index) => String(index));
  await bench.type(`${paste(lines.join('\r'))}\r`);
  expect((await bench.seen()).at(-1)).toContain(`Say these ${lines.length} lines?`);
  await bench.type('\r');
  expect((await bench.seen()).at(-1)).toBe(`${PROMPT} [${lines.length} lines pasted]`);
  expect(bench.port.said).toEqual([]);
  await bench.type('\r');
  await bench.type('y');
  expect(bench.port.said).toEqual([lines.join('\n')]);
});

test('control characters in a paste reach the peers, not the own screen', async () => {
  const bench = await TerminalBench.start();
  const drawn = await bench.type(paste(`a${ESC}[2Jb`));
  expect(drawn).not.toContain(`${ESC}[2J`);
  await bench.type('\r');
  expect(bench.port.said).toEqual([`a${ESC}[2Jb`]);
});

test('a line over the bound is refused, told and counted', async () => {
  const bench = await TerminalBench.start();
  expect(await bench.type(`${'x'.repeat(101)}\r`)).toContain('longer than 100 bytes');
  expect(bench.port.said).toEqual([]);
  expect(bench.port.refusedLines).toBe(1);
});

test('one Ctrl-C clears the draft and says how to leave; a second within two seconds leaves', async () => {
  const bench = await TerminalBench.start();
  const drawn = await bench.type('draft\u0003');
  expect(drawn).toContain('within 2 s leaves\n');
  await bench.type('\r');
  expect(bench.port.said).toEqual([]);
  bench.nowMs += 2001;
  await bench.type('\u0003');
  expect(bench.port.left).toEqual([]);
  bench.nowMs += 2000;
  await bench.type('\u0003');
  expect(bench.port.left).toEqual(['asked']);
});

test('in a container, and only there, one hears how to detach, and how to come back after leaving', async () => {
  for (const container of ['alice', undefined]) {
    const bench = await TerminalBench.start({ container });
    await bench.type('/help\r');
    await bench.type('\u0003');
    await bench.type('/quit\r');
    const { text } = bench.stdout;
    expect(text.split('Ctrl-P Ctrl-Q').length).toBe(container === undefined ? 1 : 3);
    expect(text.includes('docker start -ai alice')).toBe(container !== undefined);
  }
});

test('a reader of stdout that is gone is told no way back', async () => {
  const stdout = new FakeOutput(80, 24);
  const face = new TerminalFace({ ...terminalOptions(stdout), container: 'alice' });
  const port = started(face);
  stdout.destroy(new Error('gone'));
  await port.until('leave', () => port.left.length > 0);
  expect(stdout.text).not.toContain('docker start');
});

test('Ctrl-D leaves on an empty draft only', async () => {
  const bench = await TerminalBench.start();
  await bench.type('x\u0004');
  expect(bench.port.left).toEqual([]);
  await bench.type('\u007F\u0004');
  expect(bench.port.left).toEqual(['asked']);
});

test('a terminal that goes away makes the face leave', async () => {
  const { stdin, port } = await TerminalBench.start();
  stdin.end();
  await port.until('leave', () => port.left.length > 0);
  expect(port.left).toEqual(['asked']);
});

test('a face that is stopped restores the terminal, at once and once; lines are still shown after it, plainly', async () => {
  const bench = await TerminalBench.start();
  await bench.type('x');
  expect(bench.stdin.raw).toBe(true);
  await bench.seen();
  expect(await bench.screen.modes()).toEqual({ bracketedPaste: true, wraparound: true });
  const stopped = bench.face.stop();
  expect(bench.stdin.raw).toBe(false);
  await stopped;
  const before = bench.stdout.text.length;
  await bench.face.stop();
  expect(bench.stdout.text.length).toBe(before);
  expect(await bench.show(message('late'))).not.toContain(ESC);
  expect((await bench.seen()).slice(-2)).toEqual(['alice> x', '   bob: late']);
  expect(await bench.screen.modes()).toEqual({ bracketedPaste: false, wraparound: true });
});

test('a process that was stopped goes on with its prompt, its draft and the modes of the terminal', async () => {
  const bench = await TerminalBench.start();
  await bench.type('a draft');
  const modes: boolean[] = [];
  bench.stdin.setRawMode = (mode) => modes.push(mode);
  // What a shell leaves: its own modes, its own lines.
  bench.stdout.text += `${ESC}[?2004l\r\n[1]+  Stopped\r\n$ fg\r\n`;
  bench.signals.emit('SIGCONT');
  await bench.stdout.untilHolds('the window drawn anew', () => /fg[^]*a draft/u.test(bench.stdout.text));
  expect(modes.at(-1)).toBe(true);
  expect((await bench.seen()).slice(-5)).toEqual([
    '$ fg',
    '   ready alice 10.0.0.1:5000 plain',
    "         Wire plain can't tell whether a line was read.",
    '         /help lists commands and keys.',
    'alice> a draft',
  ]);
  expect(await bench.screen.modes()).toEqual({ bracketedPaste: true, wraparound: true });
});

test('however the process exits, the terminal is restored first', async () => {
  const bench = await TerminalBench.start();
  await bench.type('x');
  bench.signals.emit('exit', 1);
  await bench.seen();
  expect(await bench.screen.modes()).toEqual({ bracketedPaste: false, wraparound: true });
  expect(bench.stdin.raw).toBe(false);
});

test('a window that is left alone for long falls asleep, and a key wakes it; a draft keeps it awake', async () => {
  const bench = await TerminalBench.start();
  await bench.type('x');
  bench.nowMs += drowsyAfterMs;
  expect(await bench.show(message('for the log'))).toContain(ESC);
  await bench.type('\u007F');
  bench.nowMs += drowsyAfterMs;
  await bench.show(message('one'));
  expect(await bench.show(message('two'))).not.toContain(ESC);
  expect((await bench.seen()).slice(-2)).toEqual(['   bob: one', '   bob: two']);
  await bench.type('y');
  expect((await bench.seen()).at(-1)).toBe(`${PROMPT} y`);
});

test('a clock that is set ahead shows in the next line, and sends no window to sleep', async () => {
  const bench = await TerminalBench.start();
  bench.correctionMs = drowsyAfterMs;
  const shown = new Date(bench.nowMs + drowsyAfterMs).toLocaleTimeString('sv').slice(0, 5);
  expect(await bench.type('hi\r')).toContain(shown);
  expect(await bench.show(message('still awake'))).toContain(ESC);
});

test('while input is closed, entered lines wait; they are said in order when it opens, and are counted if it never does', async () => {
  const { face, type, port } = await startedBench();
  port.onCommand = () => {
    face.setInputOpen(false);
  };
  await type('1\r');
  expect(await type('2\r')).toContain('1 line waiting');
  await type('3\r');
  expect(port.said).toEqual(['1']);
  face.setInputOpen(true);
  expect(port.said).toEqual(['1', '2']);
  await face.stop();
  expect(port.refusedLines).toBe(1);
});

test('nothing that a peer sends reaches the terminal as a control', async () => {
  const bench = await TerminalBench.start({ columns: 0 });
  const evil = `${ESC}]0;x\u0007\u009B\r`;
  const text = await bench.show(
    message(evil, evil),
    { type: 'peer-joined', name: evil, peerId: bobId, address: { ip: '::1', port: 1 } },
    { type: 'error', code: evil, message: evil },
    { type: 'trace', at: 0, direction: 'in', peer: evil, text: evil },
    { type: 'undelivered', ref: undefined, seq: 1, to: evil, reason: evil },
    { type: 'undelivered', ref: undefined, seq: 2, to: evil, reason: evil },
  );
  expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  expect(text.split('\n').length).toBe(6);
});

test('a flood does not starve the keyboard: keys are handled between its writes', async () => {
  const { face, stdin, port } = await TerminalBench.start();
  const flood = Array.from({ length: 50_000 }, (_, index) => message(`line ${index}`));
  let shown = false;
  const show = face.show(flood).then(() => (shown = true));
  // As a key comes from the kernel: in a turn of its own.
  setImmediate(() => stdin.write('hi\r'));
  await port.until('a say', () => port.said.length > 0);
  expect(shown).toBe(false);
  await show;
});

test('a reader of stdout that goes away makes the face leave, and messages are not taken', async () => {
  const face = new TerminalFace(terminalOptions(brokenPipe()));
  const port = started(face);
  expect(await face.show([message('x')])).toBe('gone');
  expect(port.left).toEqual(['output-gone']);
  expect(port.failures).toEqual(['stdout']);
});

test('an error before the start is shown, plainly', async () => {
  const stdout = new FakeOutput(80, 24);
  const face = new TerminalFace({ ...terminalOptions(stdout), banner: true });
  expect(await face.show([{ type: 'error', code: 'c', message: 'port taken' }])).toBe('written');
  await face.stop();
  expect(stdout.text).toMatch(/^\d\d:\d\d !! error: port taken\n$/u);
});

test('a reader that is gone before the start is told at the start', async () => {
  const face = new TerminalFace(terminalOptions(brokenPipe()));
  expect(await face.show([message('a')])).toBe('gone');
  expect(started(face).left).toEqual(['output-gone']);
  await face.stop();
});

async function startedBench() {
  const bench = await TerminalBench.start();
  return { face: bench.face, port: bench.port, type: (keys: string) => bench.type(keys) };
}
