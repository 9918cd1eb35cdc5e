import { expect, test } from '@jest/globals';
import { Sink } from '../../src/ui/sink.ts';
import { FakeOutput, brokenPipe, settled } from './fakes.ts';

test('a write is answered only when the stream has taken it', async () => {
  const output = new FakeOutput();
  output.stall();
  const sink = new Sink(output, () => {});
  let answer: string | undefined;
  const write = sink.write('a').then((shown) => (answer = shown));
  const drained = sink.drained();
  await settled();
  expect(answer).toBeUndefined();
  output.unstall();
  expect(await write).toBe('written');
  expect(await drained).toBe('written');
});

test('a reader that went away is told once, and nothing is ever written again', async () => {
  let gone = 0;
  const sink = new Sink(brokenPipe(), () => (gone += 1));
  const answers = [sink.write('a'), sink.write('b')];
  expect(await Promise.all(answers)).toEqual(['gone', 'gone']);
  expect(await sink.write('c')).toBe('gone');
  expect(await sink.write('')).toBe('gone');
  expect(await sink.drained()).toBe('gone');
  await settled();
  expect(gone).toBe(1);
});

test('writing nothing does not touch the stream', async () => {
  const output = new FakeOutput();
  expect(await new Sink(output, () => {}).write('')).toBe('written');
  expect(output.writes).toBe(0);
});
