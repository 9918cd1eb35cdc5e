import { expect, test } from '@jest/globals';
import { PassThrough } from 'node:stream';
import { textFace } from '../../../src/ui/pipe/text.ts';
import { FakeOutput, message, messages, ready, settled, started } from '../fakes.ts';

function face(verbose = false) {
  const streams = { stdin: new PassThrough(), stdout: new FakeOutput(), stderr: new FakeOutput() };
  const made = textFace({ ...streams, lineMaxBytes: 100, verbose });
  return { ...streams, made, port: started(made) };
}

test('messages go to stdout, all else to stderr, and ready is its first line', async () => {
  const { made, stdout, stderr } = face();
  await made.show([
    ready(),
    message('hi'),
    { type: 'warning', code: 'c', message: 'mind' },
    message('ho', 'carol'),
  ]);
  expect(stdout.text).toBe('bob: hi\ncarol: ho\n');
  expect(stderr.text).toBe('ready alice 10.0.0.1:5000 plain\nwarning: mind\n');
});

test('each of many lines of a peer stands on a row of its own, under its name, and made harmless', async () => {
  const { made, stdout } = face();
  await made.show([message('a'), messages(['b\u001B', '', 'c'], 'carol')]);
  expect(stdout.text).toBe('bob: a\ncarol: b\u241B\ncarol: \ncarol: c\n');
});

test('what becomes of many own lines is told of each, to whoever wants to know', async () => {
  const sent = { type: 'sent', ref: undefined, seq: 2, count: 2 } as const;
  const [quiet, verbose] = [face(), face(true)];
  await quiet.made.show([sent]);
  await verbose.made.show([sent]);
  expect(quiet.stderr.text).toBe('');
  expect(verbose.stderr.text).toBe('sent: line 2\nsent: line 3\n');
});

test('what a peer says can neither add a line nor move the cursor', async () => {
  const { made, stdout } = face();
  await made.show([message('a\ncarol: b\r\u001B[A')]);
  expect(stdout.text).toBe('bob: a\u240Acarol: b\u240D\u241B[A\n');
});

test('every line is said as it is: nothing is a command', async () => {
  const { port, stdin } = face();
  stdin.end('/quit\n//x\r\n {"type":"quit"}\n');
  await port.until('end of input', () => port.inputEnds > 0);
  expect(port.said).toEqual(['/quit', '//x\r', ' {"type":"quit"}']);
});

test('the count of undelivered lines is on stderr', async () => {
  const { made, stderr } = face();
  await made.show([{ type: 'closed', undelivered: 2 }]);
  await settled();
  expect(stderr.text).toBe('undelivered: 2\n');
});
