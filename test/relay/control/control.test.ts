import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readControl, type ControlLine } from '../../../src/relay/control/control.ts';
import { faultsToJson, readFaults } from '../../../src/relay/model/faults.ts';
import { unimpaired } from '../../../src/relay/model/impairment.ts';
import { listMaxItems } from '../../../src/relay/model/limits.ts';
import { help } from '../../../src/relay/control/words.ts';

const directions = ['alice>bob', 'bob>alice'] as const;

const read = (text: string): ControlLine => readControl({ type: 'line', text }, directions);
const readJson = (object: object): ControlLine => read(JSON.stringify(object));
const impaired = (faults: object, given: object = {}): object => ({
  type: 'command',
  command: { type: 'impair', directions, timesFrom: 'command', faults, ...given },
});

test('every fault can be set', () => {
  const faults = {
    lossRate: 0.1,
    burstLoss: { enterRate: 0.1, leaveRate: 0.2, lossRate: 0.3 },
    lossIndexes: [0, 5],
    duplicateRate: 0.2,
    reorderRate: 0.3,
    reorderHoldPackets: 4,
    corruptRate: 0.4,
    truncateRate: 0.5,
    delayMs: 5,
    jitterMs: 6,
    fifo: true,
    bandwidthBitsPerSecond: 1_000,
    queueMaxBytes: 1,
    mtuBytes: 1_400,
    blackholes: [{ fromMs: 0, untilMs: 1 }],
  };
  expect(Object.keys(faults)).toEqual(Object.keys(unimpaired));
  expect(readJson({ type: 'impair', direction: 'bob>alice', faults, timesFrom: 'start', ref: 'r' })).toEqual({
    type: 'command',
    command: { type: 'impair', directions: ['bob>alice'], faults, timesFrom: 'start', ref: 'r' },
  });
});

test('a byte order mark before a line, as some editors write it, changes nothing', () => {
  expect(read('\uFEFF{"type":"quit"}')).toEqual({ type: 'command', command: { type: 'quit' } });
  expect(read('\uFEFFquit')).toEqual({ type: 'command', command: { type: 'quit' } });
});

test('a fault without a number is null or absent', () => {
  expect(
    readJson({
      type: 'impair',
      faults: { burstLoss: null, bandwidthBitsPerSecond: null, blackholes: [{ fromMs: 1 }] },
    }),
  ).toEqual(
    impaired({
      burstLoss: undefined,
      bandwidthBitsPerSecond: undefined,
      blackholes: [{ fromMs: 1, untilMs: Infinity }],
    }),
  );
  expect(readJson({ type: 'impair', faults: { burstLoss: { enterRate: 0.1, leaveRate: 0.5 } } })).toEqual(
    impaired({ burstLoss: { enterRate: 0.1, leaveRate: 0.5, lossRate: 1 } }),
  );
});

test.each([
  [{ type: 'heal' }, { type: 'heal', directions }],
  [
    { type: 'heal', direction: 'alice>bob', ref: 7 },
    { type: 'heal', directions: ['alice>bob'], ref: 7 },
  ],
  [{ type: 'faults' }, { type: 'faults' }],
  [
    { type: 'counts', ref: '' },
    { type: 'counts', ref: '' },
  ],
  [{ type: 'quit' }, { type: 'quit' }],
])('the JSON %j is a command', (object, command) => {
  expect(readJson(object)).toEqual({ type: 'command', command });
});

test.each([
  ['loss 20', { lossRate: 0.2 }],
  ['loss 20%', { lossRate: 0.2 }],
  ['gemodel 2 30', { burstLoss: { enterRate: 0.02, leaveRate: 0.3, lossRate: 1 } }],
  ['gemodel 2 50 80', { burstLoss: { enterRate: 0.02, leaveRate: 0.5, lossRate: 0.8 } }],
  ['duplicate 5', { duplicateRate: 0.05 }],
  ['reorder 10', { reorderRate: 0.1, reorderHoldPackets: 3 }],
  ['reorder 10 5', { reorderRate: 0.1, reorderHoldPackets: 5 }],
  ['corrupt 1', { corruptRate: 0.01 }],
  ['truncate 2', { truncateRate: 0.02 }],
  ['delay 100', { delayMs: 100, jitterMs: 0 }],
  ['  delay 100ms  20ms ', { delayMs: 100, jitterMs: 20 }],
  ['rate 256kbit', { bandwidthBitsPerSecond: 256_000, queueMaxBytes: 65_536 }],
  ['mtu 1400', { mtuBytes: 1_400 }],
  ['mtu 0', { mtuBytes: undefined }],
  ['rate 0', { bandwidthBitsPerSecond: undefined, queueMaxBytes: 65_536 }],
  ['partition 5', { blackholes: [{ fromMs: 0, untilMs: 5_000 }] }],
  ['partition 0.5s', { blackholes: [{ fromMs: 0, untilMs: 500 }] }],
  ['partition', { blackholes: [{ fromMs: 0, untilMs: Infinity }] }],
])('a person may write %j', (text, faults) => {
  expect(read(text)).toEqual(impaired(faults));
  expect(read(`${text} bob>alice`)).toEqual(impaired(faults, { directions: ['bob>alice'] }));
  expect(read(`${text} both`)).toEqual(impaired(faults));
});

test('a person may write words that need no number', () => {
  expect(read('heal alice>bob')).toEqual({
    type: 'command',
    command: { type: 'heal', directions: ['alice>bob'] },
  });
  expect(read('counts')).toEqual({ type: 'command', command: { type: 'counts' } });
  expect(read('help')).toEqual({ type: 'help', words: help });
  expect(read('help loss')).toEqual({
    type: 'help',
    words: [{ usage: 'loss PERCENT', meaning: 'loses PERCENT of 100 datagrams' }],
  });
  expect(read(' ')).toEqual({ type: 'nothing' });
});

test('watch is on, or off', () => {
  expect(read('watch')).toEqual({ type: 'watch', on: true });
  expect(read('watch off')).toEqual({ type: 'watch', on: false });
  expect(read('watch on and on')).toMatchObject({ type: 'refused', message: 'usage: watch [off]' });
  expect(read('help watch')).toMatchObject({ type: 'help', words: [{ usage: 'watch [off]' }] });
});

test('each command that the help shows is one that is read', () => {
  for (const { usage } of help.filter(({ usage: shown }) => !/^(?:help|watch|WORD)/.test(shown))) {
    const example = usage.replaceAll(/\[.*?\]/g, '').replaceAll(/\b[A-Z]+\b/g, '5');
    expect(read(example)).toMatchObject({ type: 'command' });
  }
});

test.each([
  ['{', 'bad-json', 'not JSON'],
  ['{"type":"impair"}', 'bad-faults', 'faults is an object, not undefined'],
  ['{"type":"impair","faults":[]}', 'bad-faults', 'faults is an object, not []'],
  [
    '{"type":"impair","faults":{"los":1}}',
    'bad-faults',
    'no fault is called "los"; there are lossRate, burstLoss',
  ],
  ['{"type":"impair","faults":{"constructor":1}}', 'bad-faults', 'no fault is called "constructor"'],
  ['{"type":"impair","faults":{"lossRate":20}}', 'bad-faults', 'lossRate is a share from 0 to 1, not 20'],
  ['{"type":"impair","faults":{"lossRate":"20%"}}', 'bad-faults', 'lossRate is a number, not "20%"'],
  ['{"type":"impair","faults":{"lossRate":null}}', 'bad-faults', 'lossRate is a number, not null'],
  ['{"type":"impair","faults":{"fifo":1}}', 'bad-faults', 'fifo is true or false, not 1'],
  ['{"type":"impair","faults":{"delayMs":1e999}}', 'bad-faults', 'delayMs is from 0 to 86400000 (a day)'],
  ['{"type":"impair","faults":{"burstLoss":{"p":1}}}', 'bad-faults', 'burstLoss has no field "p"'],
  [
    '{"type":"impair","faults":{"burstLoss":{"enterRate":1}}}',
    'bad-faults',
    'burstLoss.leaveRate is a number',
  ],
  ['{"type":"impair","faults":{"lossIndexes":3}}', 'bad-faults', 'lossIndexes is a list, not 3'],
  [
    '{"type":"impair","faults":{"lossIndexes":[0.5]}}',
    'bad-faults',
    'lossIndexes are whole numbers from 0 on, not 0.5',
  ],
  [
    '{"type":"impair","faults":{"blackholes":[{"fromMs":5,"untilMs":5}]}}',
    'bad-faults',
    'untilMs after fromMs',
  ],
  [
    '{"type":"impair","faults":{"blackholes":[{"fromMs":-1}]}}',
    'bad-faults',
    'blackholes[0].fromMs is from 0',
  ],
  [
    '{"type":"impair","faults":{},"direction":"up"}',
    'bad-command',
    'no direction is called "up"; there are alice>bob, bob>alice and both',
  ],
  ['{"type":"impair","faults":{},"timesFrom":"now"}', 'bad-command', 'timesFrom is "command" or "start"'],
  ['{"type":"impair","faults":{},"lossRate":1}', 'bad-command', 'impair has no field "lossRate"'],
  ['{"type":"counts","direction":"both"}', 'bad-command', 'counts has no field "direction"'],
  ['{"type":"explode"}', 'bad-command', 'type is "impair", "heal", "faults", "counts" or "quit"'],
  ['{"type":"counts","ref":{}}', 'bad-command', 'ref is a number, or a string of at most 256 bytes'],
  ['explode', 'bad-command', 'there is no word "explode"; "help" lists them'],
  ['toString', 'bad-command', 'there is no word "toString"'],
  ['help me', 'bad-command', 'there is no word "me"; "help" lists them'],
  ['help loss 20', 'bad-command', 'usage: help [WORD]'],
  ['loss', 'bad-command', 'usage: loss PERCENT'],
  ['loss 5 6', 'bad-command', 'usage: loss PERCENT'],
  ['loss x', 'bad-command', 'usage: loss PERCENT'],
  ['partition 500ms', 'bad-command', 'usage: partition [SECONDS]'],
  ['loss 120', 'bad-faults', 'lossRate is a share from 0 to 1, not 1.2'],
  ['loss 5 alice>eve', 'bad-command', 'no direction is called "alice>eve"'],
])('%j is refused in one clear line', (text, code, message) => {
  const refused = read(text);
  expect(refused).toMatchObject({ type: 'refused', code, message: expect.stringContaining(message) });
  expect(JSON.stringify(refused)).not.toContain(String.raw`\n`);
});

test('a refusal gives the ref back', () => {
  expect(readJson({ type: 'impair', ref: 9, faults: { lossRate: 2 } })).toMatchObject({
    type: 'refused',
    ref: 9,
  });
});

test('a list that is too long is refused', () => {
  const lossIndexes = Array.from({ length: listMaxItems + 1 }, (_, index) => index);
  expect(readJson({ type: 'impair', faults: { lossIndexes } })).toMatchObject({ code: 'bad-faults' });
});

test('a line that is no text, or too long, is refused', () => {
  expect(readControl({ type: 'not-utf8', bytes: 3 }, directions)).toMatchObject({
    type: 'refused',
    code: 'not-utf8',
  });
  expect(readControl({ type: 'too-long', bytes: 1e6 }, directions)).toMatchObject({
    type: 'refused',
    code: 'too-long',
  });
});

test('no line of input makes the reader of commands throw', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        fc.object().map((faults) => JSON.stringify({ type: 'impair', faults })),
      ),
      (text) => {
        expect(['command', 'help', 'nothing', 'refused']).toContain(read(text).type);
      },
    ),
  );
});

test('faults that are told can be set again', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const faults = fc.record(
    {
      lossRate: share,
      burstLoss: fc.record({ enterRate: share, leaveRate: share, lossRate: share }),
      lossIndexes: fc.array(fc.nat()),
      reorderHoldPackets: fc.nat(),
      jitterMs: fc.nat(1_000),
      fifo: fc.boolean(),
      bandwidthBitsPerSecond: fc.integer({ min: 1 }),
      blackholes: fc.array(
        fc.nat(1_000).map((fromMs) => ({ fromMs, untilMs: fromMs % 2 === 0 ? Infinity : fromMs + 1 })),
      ),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(faults, (given) => {
      const whole = { ...unimpaired, ...given };
      const told: unknown = JSON.parse(JSON.stringify(faultsToJson(whole)));
      expect({ ...unimpaired, ...readFaults(told) }).toEqual(whole);
    }),
  );
});
