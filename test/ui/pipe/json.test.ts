import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { PassThrough } from 'node:stream';
import type { Event } from '../../../src/kernel/contract.ts';
import { jsonFace } from '../../../src/ui/pipe/json.ts';
import { controlLookAheadBytes } from '../../../src/ui/limits.ts';
import { problemWithOwn } from '../../support/json-contract.ts';
import { FakeOutput, bobAddress, bobId, message, settled, started } from '../fakes.ts';

function face(acknowledges = false) {
  const streams = { stdin: new PassThrough(), stdout: new FakeOutput(), stderr: new FakeOutput() };
  const made = jsonFace({ ...streams, lineMaxBytes: 100, verbose: false }, acknowledges);
  return { ...streams, made, port: started(made) };
}

async function written(...events: Event[]): Promise<unknown[]> {
  const { made, stdout } = face();
  await made.show(events);
  const lines = stdout.text.split('\n');
  expect(lines.pop()).toBe('');
  return lines.map((line): unknown => JSON.parse(line));
}

/** Feeds these lines of input and waits until all are dealt with. */
async function read(...lines: string[]) {
  const setting = face();
  setting.stdin.end(lines.map((line) => `${line}\n`).join(''));
  await setting.port.until('end of input', () => setting.port.inputEnds > 0);
  return setting;
}

test('the fate of a line carries its ref, which is absent where there was none', async () => {
  const to = { to: 'bob', peerId: bobId };
  expect(
    await written(
      { type: 'queued', ref: 'r', seq: 1 },
      { type: 'sent', ref: 'r', seq: 1 },
      { type: 'delivered', ref: undefined, seq: 1, ...to },
      { type: 'undelivered', ref: 'r', seq: 2, to: undefined, reason: 'nobody' },
      { type: 'refused', ref: 'r', code: 'line-too-long', message: 'm' },
    ),
  ).toEqual([
    { type: 'sent', ref: 'r', seq: 1 },
    { type: 'delivered', seq: 1, to: 'bob', peerId: '10.0.0.2:5001' },
    { type: 'undelivered', ref: 'r', seq: 2, reason: 'nobody' },
    { type: 'error', ref: 'r', code: 'line-too-long', message: 'm' },
  ]);
});

test('a line can be said with and without a ref, and unknown fields are ignored', async () => {
  const { port, stdout } = await read(
    '{"type":"say","text":"a\\nb","ref":"r1"}',
    '{"type":"say","text":"","colour":"red"}',
  );
  expect(port.commands).toEqual([
    { type: 'say', text: 'a\nb', ref: 'r1' },
    { type: 'say', text: '', ref: undefined },
  ]);
  expect(stdout.text).toBe('');
});

test.each([
  ['', 'bad-json'],
  ['hi', 'bad-json'],
  ['{"type":"say"', 'bad-json'],
  ['[]', 'bad-json'],
  ['null', 'bad-json'],
  ['{"type":"rename","name":""}', 'bad-command'],
  ['{"type":"trace","on":1}', 'bad-command'],
  ['{}', 'bad-command'],
  ['{"type":"taken","peerId":"p1","seq":1}', 'bad-command'],
  ['{"type":"say"}', 'bad-command'],
  ['{"type":"say","text":1,"ref":"r"}', 'bad-command'],
  ['{"type":"say","text":"\\ud800","ref":"r"}', 'bad-command'],
  ['{"type":"say","text":"x","ref":{}}', 'bad-command'],
  ['{"type":"say","text":"x","ref":null}', 'bad-command'],
  [`{"type":"say","text":"x","ref":"${'r'.repeat(257)}"}`, 'bad-command'],
  [`{"type":"say","text":"${'ä'.repeat(51)}","ref":"r"}`, 'line-too-long'],
  [`{"type":"say","text":"${' '.repeat(10_000)}"}`, 'line-too-long'],
])('bad input %j gives %s and changes nothing; the next line is read', async (line, code) => {
  const { port, stdout } = await read(line, '{"type":"say","text":"ok"}');
  const ref = line.includes('"ref":"r"') ? { ref: 'r' } : {};
  expect(JSON.parse(stdout.text)).toEqual({ type: 'error', code, message: expect.any(String), ...ref });
  expect(port.commands).toEqual([{ type: 'say', text: 'ok', ref: undefined }]);
  // Only a line that was to be said can be undelivered.
  expect(port.refusedLines).toBe(line.startsWith('{"type":"say",') || line === '{"type":"say"}' ? 1 : 0);
});

test('lines that are still unread when the node stops count as unsaid only where they were to be said', async () => {
  const { made, port, stdin, stdout } = face();
  port.onCommand = () => made.setInputOpen(false);
  const say = '{"type":"say","text":"a"}';
  stdin.write(`${say}\n\n${say}\n{"type":"rename","name":"x"}\n{"type":"say"}\n`);
  await port.until('the first line', () => port.said.length > 0);
  await made.stop();
  expect(port.said).toEqual(['a']);
  expect(port.refusedLines).toBe(2);
  expect(stdout.text).toContain('2 lines of input not said');
});

test('text of the bound passes even when every byte of it is written as an escape', async () => {
  const { port } = await read(`{"type":"say","text":"${'\\u0007'.repeat(100)}"}`);
  expect(port.said).toEqual(['\u0007'.repeat(100)]);
});

test('quit leaves at once: what follows is neither said nor counted', async () => {
  const { made, port, stdin } = face();
  stdin.write('{"type":"say","text":"a"}\n{"type":"quit"}\n{"type":"say","text":"b"}\nrubbish\n');
  await port.until('leave', () => port.left.length > 0);
  stdin.end('{"type":"say","text":"c"}\n');
  await settled();
  await made.stop();
  expect(port.left).toEqual(['asked']);
  expect(port.said).toEqual(['a']);
  expect(port.refusedLines).toBe(0);
  expect(port.inputEnds).toBe(0);
});

const sayLine = (text: string): string => `${JSON.stringify({ type: 'say', text })}\n`;

test('while lines to say have to wait, a status behind them is asked for, and they are said in their order later', async () => {
  const { made, port, stdin } = face();
  port.onCommand = ({ type }) => {
    if (type === 'say') made.setInputOpen(false);
  };
  stdin.write(`${sayLine('a')}${sayLine('b')}{"type":"status"}\n{"type":"status"}\n${sayLine('c')}`);
  await port.until('the status', () => port.commands.length === 2);
  await settled();
  expect(port.commands.map(({ type }) => type)).toEqual(['say', 'status']);
  await made.show([status()]);
  expect(port.commands.map(({ type }) => type)).toEqual(['say', 'status', 'status']);
  await made.show([status()]);
  port.onCommand = () => {};
  made.setInputOpen(true);
  expect(port.said).toEqual(['a', 'b', 'c']);
  expect(port.commands).toHaveLength(5);
});

test('while lines to say have to wait, a peer can be forgotten: it may be the one that they wait for', async () => {
  const { made, port, stdin } = face();
  port.onCommand = () => made.setInputOpen(false);
  stdin.write(`${sayLine('a')}${sayLine('b')}{"type":"forget","name":"bob"}\n`);
  await port.until('forget', () => port.commands.length === 2);
  expect(port.commands[1]).toEqual({ type: 'forget', name: 'bob' });
});

test('while lines to say have to wait, a quit behind them starts the bounded wait; they are said if there is room in time', async () => {
  const { made, port, stdin } = face();
  port.onCommand = () => made.setInputOpen(false);
  stdin.write(`${sayLine('a')}${sayLine('b')}{"type":"quit"}\n${sayLine('c')}`);
  await port.until('the wait', () => port.waitsToLeave > 0);
  expect([port.said, port.left]).toEqual([['a'], []]);
  port.onCommand = () => {};
  made.setInputOpen(true);
  expect([port.said, port.left, port.waitsToLeave]).toEqual([['a', 'b'], ['asked'], 1]);
});

test('lines before a quit that had no room in time count as unsaid, and those after it do not', async () => {
  const { made, port, stdin } = face();
  port.onCommand = () => made.setInputOpen(false);
  stdin.write(`${sayLine('a')}${sayLine('b')}{"type":"quit"}\n${sayLine('c')}`);
  await port.until('the wait', () => port.waitsToLeave > 0);
  stdin.write(sayLine('d'));
  await settled();
  await made.stop();
  expect(port.refusedLines).toBe(1);
});

test('while lines to say have to wait, what a reader has taken is told at once: a peer may wait for it in its turn', async () => {
  const { made, port, stdin } = face(true);
  await made.show([{ ...message('hi'), log: 'a', seq: 4 }]);
  port.onCommand = ({ type }) => {
    if (type === 'say') made.setInputOpen(false);
  };
  const taken = `${JSON.stringify({ type: 'taken', peerId: bobId, log: 'a', seq: 4 })}\n`;
  stdin.write(`${sayLine('a')}${sayLine('b')}${taken}${sayLine('c')}`);
  await port.until('taken', () => port.commands.length === 2);
  await settled();
  expect(port.commands[1]).toEqual({ type: 'taken', peerId: bobId, seq: 4 });
  expect(port.said).toEqual(['a']);
  port.onCommand = () => {};
  made.setInputOpen(true);
  expect(port.said).toEqual(['a', 'b', 'c']);
  expect(port.commands).toHaveLength(4);
});

test('what is taken by being written, and what not, the face says: a line is not where its reader acknowledges it', () => {
  expect(face().made.takes?.(message('hi'))).toBe(true);
  expect(face(true).made.takes?.(message('hi'))).toBe(false);
});

test('a quit is read even while nobody reads the answer to a question', async () => {
  const { port, stdin } = face();
  stdin.write('{"type":"status"}\n{"type":"status"}\n{"type":"quit"}\n');
  await port.until('the wait', () => port.waitsToLeave > 0);
  expect(port.commands).toEqual([{ type: 'status' }]);
});

test('closed input is read no further than a bound', async () => {
  const { made, port, stdin } = face();
  made.setInputOpen(false);
  const line = sayLine('x'.repeat(90));
  const lines = Math.ceil((2 * controlLookAheadBytes) / line.length);
  for (let count = 0; count < lines; count += 1) stdin.write(line);
  stdin.write('{"type":"quit"}\n');
  await settled();
  expect(port.waitsToLeave).toBe(0);
  expect(stdin.readableLength + stdin.writableLength).toBeGreaterThan(controlLookAheadBytes / 2);
  made.setInputOpen(true);
  await port.until('all lines', () => port.left.length > 0);
  expect(port.said.length).toBe(lines);
});

test.each<[string, object, Event]>([
  ['status', { type: 'status' }, status()],
  ['rename', { type: 'rename', name: 'bob' }, { type: 'renamed', name: 'bob' }],
  ['forget', { type: 'forget', name: 'bob' }, { type: 'forgotten', name: 'bob', peerId: bobId, lines: 1 }],
  ['forget', { type: 'forget', name: 'bob' }, { type: 'warning', code: 'no-such-peer', message: 'm' }],
  [
    'rename on a wire without names',
    { type: 'rename', name: 'bob' },
    { type: 'warning', code: 'name-not-carried', message: 'm' },
  ],
])('input waits for the answer to a %s', async (_, question, answer) => {
  const { made, port, stdin } = face();
  const line = JSON.stringify(question);
  stdin.write(`${line}\n${line}\n`);
  await port.until('first question', () => port.commands.length > 0);
  await settled();
  expect(port.commands).toEqual([question]);
  await made.show([message('no answer'), { type: 'sent', ref: undefined, seq: 1 }]);
  expect(port.commands).toEqual([question]);
  await made.show([answer]);
  expect(port.commands).toEqual([question, question]);
});

function status(): Event {
  const address = { ip: '10.0.0.1', port: 1 };
  return { type: 'status', name: 'alice', wire: 'plain', address, said: 0, peers: [] };
}

test('a line to one peer goes to the one that the name means now', async () => {
  const { made, port, stdin, stdout } = face();
  const say = (ref: number): string => `${JSON.stringify({ type: 'say', text: 'psst', to: 'bob', ref })}\n`;
  stdin.write(say(1));
  await stdout.until('no-such-peer');
  await made.show([{ type: 'peer-joined', name: 'bob', peerId: bobId, address: bobAddress }]);
  stdin.write(say(2));
  await port.until('the line', () => port.commands.length > 0);
  expect(port.commands).toEqual([{ type: 'say', text: 'psst', ref: 2, to: bobId }]);
  expect(port.refusedLines).toBe(1);
});

test('bad input, whatever it is, gives one error a line and changes nothing', async () => {
  const badLine = fc
    .oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc.constant('{"type":"say"}'),
      fc.constant('x'.repeat(6_000)),
    )
    .filter((line) => !line.includes('\n') && !line.includes('"quit"') && !line.includes('"status"'));
  await fc.assert(
    fc.asyncProperty(fc.array(badLine), async (lines) => {
      const good = '{"type":"say","text":"good"}';
      const { port, stdout } = await read(...lines.flatMap((line) => [line, good]));
      expect(port.said).toEqual(lines.map(() => 'good'));
      expect(port.commands).toHaveLength(lines.length);
      const errors = stdout.text.trimEnd().split('\n').filter(Boolean);
      expect(errors).toHaveLength(lines.length);
      for (const error of errors) expect(problemWithOwn('error', JSON.parse(error))).toBeUndefined();
    }),
  );
});

test('the count of undelivered lines is on stderr, too', async () => {
  const { made, stderr } = face();
  await made.show([{ type: 'closed', undelivered: 2 }]);
  expect(stderr.text).toBe('undelivered: 2\n');
});
