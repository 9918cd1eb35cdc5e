import { expect, test } from '@jest/globals';
import type { Event, PeerId } from '../../src/kernel/contract.ts';
import { ChatRecord } from '../../src/runtime/chat-record.ts';

function isPeerId(text: string): text is PeerId {
  return text !== '';
}

function idOf(text: string): PeerId {
  if (!isPeerId(text)) throw new Error('an id is not empty');
  return text;
}

const bob = idOf('b');
const joined: Event = {
  type: 'peer-joined',
  name: 'bob',
  peerId: bob,
  address: { ip: '127.0.0.1', port: 1 },
};
const queued = (seq: number): Event => ({ type: 'queued', ref: undefined, seq });
const heard = (text: string, more: object = {}): Event => ({
  type: 'message',
  from: 'bob',
  peerId: bob,
  seq: 1,
  at: 5,
  text,
  ...more,
});

test('own lines are recorded once they are queued, under the name of then, those to one peer with that one', () => {
  const record = new ChatRecord('alice', undefined);
  record.onCommands([
    { type: 'say', text: 'one', ref: undefined },
    { type: 'say', text: 'no', ref: undefined },
  ]);
  record.onCommands([{ type: 'status' }, { type: 'say', text: 'two', ref: undefined, to: bob }]);
  const refused: Event = { type: 'refused', ref: undefined, code: 'c', message: 'm' };
  expect(record.linesOf([joined, queued(1)], 7)).toEqual([
    { at: 7, from: 'alice', text: 'one', own: true, privateWith: undefined },
  ]);
  expect(record.linesOf([refused, { type: 'renamed', name: 'al' }, queued(2)], 8)).toEqual([
    { at: 8, from: 'al', text: 'two', own: true, privateWith: 'bob' },
  ]);
});

test('lines that were said at once are one record', () => {
  const record = new ChatRecord('alice', undefined);
  const run = { bytes: new TextEncoder().encode('a\n\n'), count: 2 };
  record.onCommands([{ type: 'say-lines', ...run }]);
  const messages: Event = { type: 'messages', from: 'bob', peerId: bob, seq: 1, at: 5, ...run };
  const answer: Event = { type: 'queued', ref: undefined, seq: 1, count: 2 };
  expect(record.linesOf([answer, messages, { ...messages, again: true }], 7)).toEqual([
    { at: 7, from: 'alice', text: 'a\n', count: 2, own: true, privateWith: undefined },
    { at: 5, from: 'bob', text: 'a\n', count: 2, own: false, privateWith: undefined },
  ]);
});

test('what is heard is recorded, but for what comes again', () => {
  const record = new ChatRecord('alice', undefined);
  const events = [heard('a'), heard('again', { again: true }), heard('b', { private: true })];
  expect(record.linesOf(events, 9)).toEqual([
    { at: 5, from: 'bob', text: 'a', own: false, privateWith: undefined },
    { at: 5, from: 'bob', text: 'b', own: false, privateWith: 'bob' },
  ]);
});
