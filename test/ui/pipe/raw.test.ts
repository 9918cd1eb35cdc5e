import { expect, test } from '@jest/globals';
import { PassThrough } from 'node:stream';
import { rawFace } from '../../../src/ui/pipe/raw.ts';
import { FakeOutput, message, messages, ready, started } from '../fakes.ts';

function face() {
  const streams = { stdin: new PassThrough(), stdout: new FakeOutput(), stderr: new FakeOutput() };
  const made = rawFace({ ...streams, lineMaxBytes: 100, verbose: false });
  return { ...streams, made, port: started(made) };
}

test("in the raw face, stdout is the peers' lines alone, exactly as said", async () => {
  const { made, stdout, stderr } = face();
  const text = ' a\r\u001B[2J\t\u202E\u200B b\nc ';
  await made.show([ready(), message(text), { type: 'queued', ref: undefined, seq: 1 }, message('')]);
  expect(stdout.text).toBe(`${text}\n\n`);
  expect(stderr.text).toBe('ready alice 10.0.0.1:5000 plain\n');
});

test('in the raw face, many lines of a peer are written as they came, in their place among the others', async () => {
  const { made, stdout } = face();
  await made.show([message('a'), messages(['é\u001B\r', '']), message('b'), message('c'), messages(['d'])]);
  expect(stdout.text).toBe('a\né\u001B\r\n\nb\nc\nd\n');
});

test('in the raw face, stdin is said line by line', async () => {
  const { port, stdin } = face();
  stdin.end('a\nb');
  await port.until('end of input', () => port.inputEnds > 0);
  expect(port.said).toEqual(['a', 'b']);
});
