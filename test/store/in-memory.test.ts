import { expect, test } from '@jest/globals';
import type { ChatLine } from '../../src/store/histories.ts';
import { ChatHistoryInMemory, TypedLinesInMemory } from '../../src/store/in-memory.ts';
import { chatHistoryMaxLength, chatHistoryMaxLines, historyMaxLines } from '../../src/store/limits.ts';

const heard = (text: string): ChatLine => ({ at: 0, from: 'bob', text, own: false, privateWith: undefined });
const texts = (lines: readonly ChatLine[]): string[] => lines.map(({ text }) => text);

test('typed lines come back oldest first; above the bound the oldest is forgotten', () => {
  const typed = new TypedLinesInMemory();
  for (let line = 0; line <= historyMaxLines; line += 1) typed.add(`line ${line}`);
  expect(typed.load().length).toBe(historyMaxLines);
  expect(typed.load()[0]).toBe('line 1');
  expect(typed.load().at(-1)).toBe(`line ${historyMaxLines}`);
});

test('the newest lines of the chat come back in order, as many as asked for', () => {
  const chat = new ChatHistoryInMemory();
  chat.add([heard('1'), heard('2')]);
  chat.add([heard('3')]);
  expect(texts(chat.last(2))).toEqual(['2', '3']);
  expect(texts(chat.last(9))).toEqual(['1', '2', '3']);
  expect(chat.last(0)).toEqual([]);
});

test('above the bound on lines the oldest is forgotten, within a batch too', () => {
  const chat = new ChatHistoryInMemory();
  chat.add(Array.from({ length: chatHistoryMaxLines + 1 }, (_, index) => heard(`a${index}`)));
  chat.add([heard('b')]);
  const kept = texts(chat.last(Infinity));
  expect(kept.length).toBe(chatHistoryMaxLines);
  expect(kept[0]).toBe('a2');
  expect(kept.at(-1)).toBe('b');
});

test('above the bound on characters the oldest is forgotten', () => {
  const chat = new ChatHistoryInMemory();
  const large = 'x'.repeat(chatHistoryMaxLength / 4);
  for (let line = 1; line <= 4; line += 1) chat.add([heard(`${line}${large}`)]);
  expect(texts(chat.last(Infinity)).map((text) => text[0])).toEqual(['2', '3', '4']);
});
