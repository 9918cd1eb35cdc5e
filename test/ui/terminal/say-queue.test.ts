import { expect, test } from '@jest/globals';
import { waitingSaysMaxBytes } from '../../../src/ui/limits.ts';
import { type Say, SayQueue } from '../../../src/ui/terminal/say-queue.ts';

const say = (text: string): Say => ({ type: 'say', text, ref: undefined });

test('says go out in order, stop inside a say that closes, and go on when it opens', () => {
  const said: string[] = [];
  const queue = new SayQueue(({ text }) => {
    said.push(text);
    if (text === '2') queue.setOpen(false);
  });
  queue.add(['1', '2', '3'].map(say));
  expect(said).toEqual(['1', '2']);
  expect(queue.length).toBe(1);
  queue.setOpen(true);
  expect(said).toEqual(['1', '2', '3']);
  expect(queue.length).toBe(0);
});

test('what waits is bounded, and has room again when it was said', () => {
  const queue = new SayQueue(() => {});
  queue.setOpen(false);
  queue.add([say('x'.repeat(waitingSaysMaxBytes))]);
  expect(queue.hasRoomFor(1)).toBe(false);
  queue.setOpen(true);
  expect(queue.hasRoomFor(waitingSaysMaxBytes)).toBe(true);
});
