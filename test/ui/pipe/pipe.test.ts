import { expect, test } from '@jest/globals';
import { PassThrough, type Writable } from 'node:stream';
import type { Face, FaceOptions } from '../../../src/ui/face.ts';
import { textFace } from '../../../src/ui/pipe/text.ts';
import { FakeOutput, type FakePort, brokenPipe, message, settled, started } from '../fakes.ts';

interface Setting<O extends Writable> {
  readonly face: Face;
  readonly port: FakePort;
  readonly stdin: PassThrough;
  readonly stdout: O;
  readonly stderr: FakeOutput;
}

function face(options: Partial<FaceOptions> = {}): Setting<FakeOutput> {
  return faceOn(new FakeOutput(), options);
}

function faceOn<O extends Writable>(stdout: O, options: Partial<FaceOptions> = {}): Setting<O> {
  const stdin = new PassThrough();
  const stderr = new FakeOutput();
  const made = textFace({ stdin, stdout, stderr, lineMaxBytes: 100, verbose: false, ...options });
  return { face: made, port: started(made), stdin, stdout, stderr };
}

test('lines become says in order, and the end of input is told once, after them', async () => {
  const { port, stdin } = face();
  stdin.write('one\n\ntw');
  stdin.end('o\nlast');
  await port.until('end of input', () => port.inputEnds > 0);
  expect(port.said).toEqual(['one', '', 'two', 'last']);
  await settled();
  expect(port.inputEnds).toBe(1);
  expect(port.left).toEqual([]);
});

test('a batch of messages is one write, and shown only when the reader took it', async () => {
  const { face: made, stdout } = face();
  stdout.stall();
  let shown: string | undefined;
  const show = made.show([message('a'), message('b')]).then((answer) => (shown = answer));
  await settled();
  expect(shown).toBeUndefined();
  expect(stdout.writes).toBe(1);
  stdout.unstall();
  await show;
  expect(shown).toBe('written');
  expect(stdout.text).toBe('bob: a\nbob: b\n');
});

test('input that is closed from inside a say gives no further line until it is opened', async () => {
  const { face: made, port, stdin } = face();
  port.onCommand = () => {
    made.setInputOpen(false);
  };
  stdin.write('1\n');
  await port.until('first say', () => port.said.length > 0);
  stdin.write('2\n3\n');
  await settled();
  expect(port.said).toEqual(['1']);
  made.setInputOpen(true);
  await port.until('next say', () => port.said.length > 1);
  expect(port.said).toEqual(['1', '2', '3']);
  stdin.end('4\n');
  await settled();
  expect(port.said).toEqual(['1', '2', '3']);
  port.onCommand = () => {};
  made.setInputOpen(true);
  await port.until('end of input', () => port.inputEnds > 0);
  expect(port.said).toEqual(['1', '2', '3', '4']);
});

test('what one read brings is said as one run, and only what is not in order is looked at line by line', async () => {
  const { port, stdin, stderr } = face();
  stdin.write('a\n\nb');
  await port.until('first run', () => port.commands.length > 0);
  stdin.write('c\nd\n');
  await port.until('second run', () => port.commands.length > 1);
  stdin.end(`e\n${'x'.repeat(101)}\nf\nlast`);
  await port.until('end of input', () => port.inputEnds > 0);
  const commands = port.commands.map((command) =>
    command.type === 'say-lines' ? command.count : command.type,
  );
  expect(commands).toEqual([2, 2, 'say', 'say', 'say']);
  expect(port.said).toEqual(['a', '', 'bc', 'd', 'e', 'f', 'last']);
  expect(port.refusedLines).toBe(1);
  expect(stderr.text).toBe('error: line of 101 bytes is longer than 100 bytes, so it was not said\n');
});

test('a run that waits when the face is stopped counts with all its lines', async () => {
  const { face: made, port, stdin, stderr } = face();
  made.setInputOpen(false);
  stdin.resume();
  stdin.write('1\n2\n3\n');
  await settled();
  await made.stop();
  expect(port.refusedLines).toBe(3);
  expect(stderr.text).toBe('warning: 3 lines of input not said: no time left\n');
});

test('closed input is not read: the writer has to wait', async () => {
  const { face: made, port, stdin } = face();
  made.setInputOpen(false);
  let refusedWrites = 0;
  for (const _ of Array.from({ length: 300 }))
    if (!stdin.write(`${'x'.repeat(99)}\n`.repeat(10))) refusedWrites += 1;
  await settled();
  expect(port.said).toEqual([]);
  expect(refusedWrites).toBeGreaterThan(0);
  expect(stdin.readableLength + stdin.writableLength).toBeGreaterThanOrEqual(300_000);
  made.setInputOpen(true);
  await port.until('all lines', () => port.said.length === 3000);
});

test('bad lines are refused, told and counted, and the others are said', async () => {
  const { port, stdin, stderr } = face();
  stdin.end(
    Buffer.concat([Buffer.from(`${'x'.repeat(101)}\nok\n`), Buffer.of(0xff, 0x0a), Buffer.from('ok too\n')]),
  );
  await port.until('end of input', () => port.inputEnds > 0);
  expect(port.said).toEqual(['ok', 'ok too']);
  expect(port.refusedLines).toBe(2);
  expect(stderr.text).toBe(
    'error: line of 101 bytes is longer than 100 bytes, so it was not said\n' +
      'error: line of 1 bytes is not UTF-8, so it was not said\n',
  );
});

test('while nobody reads the complaints, input waits', async () => {
  const { port, stdin, stderr } = face();
  stderr.stall();
  stdin.write(Buffer.of(0xff, 0x0a, 0xff, 0x0a));
  stdin.write('ok\n');
  await port.until('first refusal', () => port.refusedLines > 0);
  await settled();
  expect(port.refusedLines).toBe(1);
  expect(port.said).toEqual([]);
  stderr.unstall();
  await port.until('line after the complaints', () => port.said.length > 0);
  expect(port.refusedLines).toBe(2);
});

test('a reader of stdout that goes away makes the face leave once and say why; its messages are not taken', async () => {
  const { face: made, port, stdin, stderr } = faceOn(brokenPipe());
  expect(await made.show([message('a'), message('b')])).toBe('gone');
  expect(await made.show([message('c')])).toBe('gone');
  stdin.end('late\n');
  await settled();
  expect(port.left).toEqual(['output-gone']);
  expect(port.failures).toEqual(['stdout']);
  expect(port.said).toEqual([]);
  expect(port.inputEnds).toBe(0);
  expect(stderr.text).toBe("warning: can't write to stdout, so this node leaves: write EPIPE\n");
});

test('a reader of stdout that goes away after the end of input makes the face leave, too', async () => {
  const { face: made, port, stdin } = faceOn(brokenPipe());
  stdin.end();
  await port.until('end of input', () => port.inputEnds > 0);
  expect(await made.show([message('a')])).toBe('gone');
  expect(port.left).toEqual(['output-gone']);
});

test('a stderr that nobody reads stops nothing, and is told for the exit code', async () => {
  const { face: made, port, stdin, stdout } = face({ stderr: brokenPipe() });
  expect(await made.show([message('a'), { type: 'warning', code: 'x', message: 'y' }])).toBe('written');
  stdin.end(Buffer.of(0xff, 0x0a, 0x61, 0x0a));
  await port.until('end of input', () => port.inputEnds > 0);
  expect(port.said).toEqual(['a']);
  expect(stdout.text).toBe('bob: a\n');
  expect(port.left).toEqual([]);
  expect(port.failures).toEqual(['stderr']);
});

test('an stdin that fails is told, and is the end of input', async () => {
  const { port, stdin, stderr } = face();
  stdin.destroy(new Error('EIO'));
  await port.until('end of input', () => port.inputEnds > 0);
  expect(stderr.text).toBe("warning: can't read stdin: EIO\n");
  expect(port.failures).toEqual(['stdin']);
});

test('a face that is stopped reads no more, counts the lines that were read but not said, and may be stopped again', async () => {
  const { face: made, port, stdin, stderr } = face();
  port.onCommand = () => {
    made.setInputOpen(false);
  };
  stdin.write(`1\n${'x'.repeat(101)}\n2\n3\n`);
  await port.until('first say', () => port.said.length > 0);
  await made.stop();
  await made.stop();
  stdin.write('4\n');
  await settled();
  expect(port.said).toEqual(['1']);
  expect(port.refusedLines).toBe(3);
  expect(stderr.text).toBe('warning: 3 lines of input not said: no time left\n');
});

test('a face that is stopped waits for what is being written', async () => {
  const { face: made, stdout } = face();
  stdout.stall();
  const show = made.show([message('a')]);
  let stopped = false;
  const stop = made.stop().then(() => (stopped = true));
  await settled();
  expect(stopped).toBe(false);
  stdout.unstall();
  await Promise.all([show, stop]);
});

test('events can be shown before the start; a reader that is gone by then is told at the start', async () => {
  const streams = { stdin: new PassThrough(), stdout: brokenPipe(), stderr: new FakeOutput() };
  const made = textFace({ ...streams, lineMaxBytes: 100, verbose: false });
  expect(await made.show([{ type: 'error', code: 'c', message: 'port taken' }])).toBe('written');
  expect(streams.stderr.text).toBe('error: port taken\n');
  expect(await made.show([message('a')])).toBe('gone');
  expect(started(made).left).toEqual(['output-gone']);
});
