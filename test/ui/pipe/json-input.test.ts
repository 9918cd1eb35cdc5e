import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { readJsonLine } from '../../../src/ui/pipe/json-input.ts';
import { Acknowledged } from '../../../src/ui/pipe/acknowledged.ts';
import type { Found } from '../../../src/ui/peers.ts';
import { alternatives, problemWith } from '../../support/json-contract.ts';
import { bobId } from '../fakes.ts';

const LINE_MAX_BYTES = 100;

function read(text: string, found: Found = { type: 'peer', peerId: bobId }, acknowledged?: Acknowledged) {
  const options = { lineMaxBytes: LINE_MAX_BYTES, findPeer: () => found, acknowledged };
  return readJsonLine({ type: 'line', text }, options);
}

test.each([
  ['{"type":"say","text":"hi"}', { type: 'say', text: 'hi', ref: undefined }],
  ['{"type":"say","text":"hi","ref":-1.5}', { type: 'say', text: 'hi', ref: -1.5 }],
  ['{"type":"say","text":"hi","ref":"r","to":"bob"}', { type: 'say', text: 'hi', ref: 'r', to: bobId }],
  ['{"type":"rename","name":"Anna Maria"}', { type: 'rename', name: 'Anna Maria' }],
  ['{"type":"trace","on":true}', { type: 'trace', on: true }],
  ['{"type":"trace","on":false}', { type: 'trace', on: false }],
  ['{"type":"forget","name":"bob"}', { type: 'forget', name: 'bob' }],
  ['{"type":"status"}', { type: 'status' }],
  [' {"type":"quit","unknown":[1]}\r', { type: 'quit' }],
])('the input %s is a command, with a byte order mark before it, too', (text, command) => {
  expect(read(text)).toEqual(command);
  expect(read(`\ufeff${text}`)).toEqual(command);
  expect(problemWith('input', JSON.parse(text))).toBeUndefined();
});

test.each([
  ['hi', 'bad-json'],
  ['"hi"', 'bad-json'],
  ['{"type":"say","text":"hi"} {}', 'bad-json'],
  ['['.repeat(50_000), 'bad-json'],
  ['{"type":"Say","text":"hi"}', 'bad-command'],
  ['{"type":"say","text":"hi","to":1}', 'bad-command'],
  ['{"type":"say","text":"hi","ref":1e400}', 'bad-command'],
  ['{"type":"say","text":"hi","ref":9007199254740993}', 'bad-command'],
  ['{"type":"say","text":"hi","ref":"\\ud800"}', 'bad-command'],
  ['{"type":"rename"}', 'bad-command'],
  ['{"type":"rename","name":7}', 'bad-command'],
  ['{"type":"rename","name":" "}', 'bad-command'],
  ['{"type":"rename","name":"a\\u001b"}', 'bad-command'],
  [`{"type":"rename","name":"${'x'.repeat(65)}"}`, 'bad-command'],
  ['{"type":"forget"}', 'bad-command'],
  ['{"type":"trace"}', 'bad-command'],
  ['{"type":"trace","on":"yes"}', 'bad-command'],
])('the input %s is refused as %s', (text, code) => {
  expect(read(text)).toMatchObject({ type: 'refusal', code });
});

const LOG = '0123456789abcdef';
const takenLine = (fields: object): string =>
  JSON.stringify({ type: 'taken', peerId: bobId, log: LOG, seq: 1, ...fields });

test('a reader that acknowledges lines takes those that it was given, and no other', () => {
  const acknowledged = new Acknowledged();
  acknowledged.onMessage(bobId, LOG, 1);
  const readTaken = (text: string) => read(text, undefined, acknowledged);
  expect(readTaken(takenLine({}))).toEqual({ type: 'taken', peerId: bobId, seq: 1 });
  expect(problemWith('input', JSON.parse(takenLine({})))).toBeUndefined();
  for (const fields of [{ seq: 2 }, { log: 'b' }, { peerId: 'nobody' }]) {
    const refused = { type: 'refusal', wasToBeSaid: false, code: 'not-given' };
    expect(readTaken(takenLine(fields))).toMatchObject(refused);
  }
  for (const fields of [{ seq: 0 }, { seq: 1.5 }, { seq: '1' }, { seq: null }, { log: 1 }, { peerId: 2 }])
    expect(readTaken(takenLine(fields))).toMatchObject({ type: 'refusal', code: 'bad-command' });
});

test('where writing a line takes it, a reader that says so itself is told that it need not', () => {
  expect(read(takenLine({}))).toMatchObject({
    code: 'bad-command',
    message: expect.stringContaining('--ack'),
  });
});

test('a name that nobody has, or that several have, is refused with the ref, and the ids help', () => {
  const text = '{"type":"say","text":"hi","ref":"r","to":"bob"}';
  expect(read(text, { type: 'unknown' })).toMatchObject({ code: 'no-such-peer', ref: 'r' });
  expect(read(text, { type: 'ambiguous', peerIds: [bobId] })).toMatchObject({
    code: 'ambiguous-peer',
    ref: 'r',
    message: expect.stringContaining(bobId),
  });
});

/** Objects that are commands, or nearly. */
const nearly = fc
  .record(
    {
      type: fc.constantFrom('say', 'rename', 'trace', 'status', 'quit', 'taken', 1),
      text: fc.oneof(fc.string(), fc.integer(), fc.constant('x'.repeat(101))),
      ref: fc.oneof(fc.string(), fc.double(), fc.constant(null), fc.constant('r'.repeat(257))),
      to: fc.oneof(fc.string(), fc.integer()),
      name: fc.oneof(fc.string(), fc.boolean(), fc.constant('x'.repeat(65))),
      on: fc.oneof(fc.boolean(), fc.constant('true')),
    },
    { requiredKeys: [] },
  )
  .map((value) => JSON.stringify(value));

test('input that is taken is in the contract; input that is refused leaves its ref, or had none', () => {
  const taken = new Set<string>();
  fc.assert(
    fc.property(fc.oneof(nearly, fc.json(), fc.string()), (text) => {
      const command = read(text);
      if (command.type === 'refusal') {
        expect(command.message).not.toBe('');
      } else {
        taken.add(command.type);
        expect(problemWith('input', JSON.parse(text))).toBeUndefined();
        if (command.type === 'say') expect(JSON.parse(text)).toMatchObject({ text: command.text });
      }
    }),
    { numRuns: 3000 },
  );
  // Else the property above has said nothing about some of them.
  expect([...taken].toSorted()).toEqual(['quit', 'rename', 'say', 'status', 'trace']);
});

test('the ref of an input comes back as it is', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.integer(), fc.double()), (ref) => {
      const text = JSON.stringify({ type: 'say', text: '', ref });
      const command = read(text);
      if (command.type === 'say') expect(JSON.stringify(command.ref)).toBe(JSON.stringify(ref));
    }),
  );
});

test('each kind of input in the contract is one that the face reads', () => {
  const examples = {
    say: '{"type":"say","text":""}',
    rename: '{"type":"rename","name":"x"}',
    accept: '{"type":"accept","name":"x"}',
    forget: '{"type":"forget","name":"x"}',
    'set-trace': '{"type":"trace","on":true}',
    taken: takenLine({}),
    'ask-status': '{"type":"status"}',
    quit: '{"type":"quit"}',
  };
  expect(Object.keys(examples)).toEqual(alternatives('input'));
  const acknowledged = new Acknowledged();
  acknowledged.onMessage(bobId, LOG, 1);
  for (const [name, text] of Object.entries(examples)) {
    expect(problemWith(name, JSON.parse(text))).toBeUndefined();
    expect(read(text, undefined, acknowledged).type).not.toBe('refusal');
  }
});
