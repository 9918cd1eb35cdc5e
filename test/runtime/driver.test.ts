import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { Command, Event } from '../../src/kernel/contract.ts';
import type { Input, Output } from '../../src/kernel/io.ts';
import { clock } from '../../src/runtime/clock.ts';
import { type DrivenCore, Driver } from '../../src/runtime/driver.ts';
import { type Family, addressesOf } from '../../src/transport/resolver.ts';
import type { Transport } from '../../src/transport/transport.ts';
import { until } from '../support/wait.ts';

type Datagram = Extract<Input, { type: 'datagram' }>;
type Send = Extract<Output, { type: 'datagram' }>;

/** A core that does what the test says, and remembers what it was given. */
class ScriptedCore implements DrivenCore<Datagram, Send> {
  readonly given: string[] = [];
  readonly timeoutsAt: number[] = [];
  deadlineAt: number | undefined;
  onInput: (input: Input) => readonly Output[] = () => [];
  #outputs: readonly Output[] = [];

  handle(input: Input, now: number): void {
    this.given.push(input.type);
    if (input.type === 'timeout') {
      this.timeoutsAt.push(now);
      this.deadlineAt = undefined;
    }
    this.#outputs = this.onInput(input);
  }

  drain(): readonly Output[] {
    const outputs = this.#outputs;
    this.#outputs = [];
    return outputs;
  }

  deadline(): number | undefined {
    return this.deadlineAt;
  }
}

class FakeTransport implements Transport<Send> {
  readonly address = { ip: '127.0.0.1', port: 5000 };
  reach: Family = 'ipv4';
  readonly performed: Send[] = [];
  onPerform: () => void = () => {};

  perform(output: Send): void {
    this.performed.push(output);
    this.onPerform();
  }

  async close(): Promise<void> {}
}

function driven(core = new ScriptedCore()): {
  core: ScriptedCore;
  transport: FakeTransport;
  driver: Driver<Datagram, Send>;
  batches: (readonly Event[])[];
} {
  const transport = new FakeTransport();
  const batches: (readonly Event[])[] = [];
  const driver = new Driver<Datagram, Send>(core, transport, (events) => batches.push(events));
  return { core, transport, driver, batches };
}

const warning = (message: string): Event => ({ type: 'warning', code: 'test', message });
const shown = (event: Event): Output => ({ type: 'event', event });
const datagram: Datagram = {
  type: 'datagram',
  from: { ip: '127.0.0.1', port: 1 },
  bytes: new Uint8Array(1),
};

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

test('a deadline is met, and not before its time', () => {
  const core = new ScriptedCore();
  const due = clock() + 1_234.5;
  core.deadlineAt = due;
  driven(core);
  jest.advanceTimersByTime(1_234);
  expect(core.timeoutsAt).toEqual([]);
  jest.advanceTimersByTime(1);
  expect(core.timeoutsAt).toHaveLength(1);
  expect(core.timeoutsAt[0]).toBeGreaterThanOrEqual(due);
});

test('a nearer deadline moves the timer forward; one further away costs a spurious wake-up, never a timeout', () => {
  const { core, driver } = driven();
  const start = clock();
  core.deadlineAt = start + 1_000;
  driver.input(datagram);
  core.deadlineAt = start + 100;
  driver.input(datagram);
  expect(jest.getTimerCount()).toBe(1);
  core.deadlineAt = start + 500;
  driver.input(datagram);
  jest.advanceTimersByTime(499);
  expect(core.timeoutsAt).toEqual([]);
  jest.advanceTimersByTime(1);
  expect(core.timeoutsAt).toHaveLength(1);
});

test('as long as the deadline stays, a thousand inputs set no further timer', () => {
  const { core, driver } = driven();
  core.deadlineAt = clock() + 1_000;
  driver.input(datagram);
  const set = jest.spyOn(globalThis, 'setTimeout');
  for (let count = 0; count < 1_000; count += 1) driver.input(datagram);
  expect(set).not.toHaveBeenCalled();
  set.mockRestore();
});

test('without a deadline there is no timer, and none after stop', () => {
  const { core, driver } = driven();
  driver.input(datagram);
  expect(jest.getTimerCount()).toBe(0);
  core.deadlineAt = clock() + 10;
  driver.input(datagram);
  driver.stop();
  expect(jest.getTimerCount()).toBe(0);
  driver.input(datagram);
  jest.advanceTimersByTime(1_000);
  expect(core.timeoutsAt).toEqual([]);
});

test('the events of one turn of the event loop are one batch, in order', () => {
  const { core, driver, batches } = driven();
  let count = 0;
  core.onInput = () => [shown(warning(`${(count += 1)}`)), shown(warning(`${(count += 1)}`))];
  driver.input(datagram);
  driver.commands([{ type: 'status' }, { type: 'status' }]);
  expect(batches).toEqual([]);
  jest.runAllTimers();
  expect(batches).toEqual([['1', '2', '3', '4', '5', '6'].map(warning)]);
  driver.input(datagram);
  jest.runAllTimers();
  expect(batches).toHaveLength(2);
});

test('of commands that come together, each but the last of its kind says that more follow', () => {
  const { core, driver } = driven();
  const more: (boolean | undefined)[] = [];
  core.onInput = (input) => {
    if (input.type === 'command') more.push(input.more);
    return [];
  };
  const say: Command = { type: 'say', text: 'hi', ref: undefined };
  driver.commands([say, say, { type: 'status' }, say]);
  expect(more).toEqual([true, false, false, false]);
});

test('what follows from the datagrams of one turn is done once, at its end', () => {
  const { core, driver } = driven();
  const inputs: Input[] = [];
  core.onInput = (input) => {
    inputs.push(input);
    return [];
  };
  driver.inputOfTurn(datagram);
  driver.inputOfTurn(datagram);
  jest.runAllTimers();
  driver.inputOfTurn(datagram);
  jest.runAllTimers();
  const more = { ...datagram, more: true };
  const end = { type: 'timeout' };
  expect(inputs).toEqual([more, more, end, more, end]);
});

test('a turn whose last input is a command needs no other end', () => {
  const { core, driver } = driven();
  driver.inputOfTurn(datagram);
  driver.commands([{ type: 'status' }]);
  jest.runAllTimers();
  expect(core.given).toEqual(['datagram', 'command']);
});

test('what follows from the datagrams of one turn is kept together with what they bring', () => {
  const core = new ScriptedCore();
  const transport = new FakeTransport();
  const done: string[] = [];
  transport.onPerform = () => done.push('sent');
  core.onInput = () => [{ type: 'datagram', to: datagram.from, bytes: datagram.bytes }];
  const driver = new Driver<Datagram, Send>(core, transport, () => {}, {
    keep: () => void done.push('kept'),
    isOver: () => false,
    takeOver: () => core,
    onFailed: () => done.push('failed'),
  });
  driver.inputOfTurn(datagram);
  jest.runAllTimers();
  expect(core.given).toEqual(['datagram', 'timeout']);
  expect(done.slice(0, 3)).toEqual(['kept', 'sent', 'sent']);
});

test('an input that the transport gives during an output waits its turn', () => {
  const { core, driver, transport } = driven();
  const send: Output = { type: 'datagram', to: { ip: '127.0.0.1', port: 1 }, bytes: new Uint8Array(1) };
  const order: string[] = [];
  core.onInput = (input) => {
    order.push(`handle ${input.type}`);
    return input.type === 'command' ? [send, send] : [];
  };
  transport.onPerform = () => {
    order.push('perform');
    driver.input(datagram);
  };
  driver.commands([{ type: 'status' }]);
  expect(order).toEqual(['handle command', 'perform', 'perform', 'handle datagram', 'handle datagram']);
});

test('what happens between the last word and its hand-over is told before it, and nothing after it', () => {
  const { core, driver, batches } = driven();
  core.onInput = () => [shown({ type: 'closed', undelivered: 0 })];
  driver.input(datagram);
  driver.emit(warning('the kernel refused the last datagram'));
  jest.runAllTimers();
  driver.emit(warning('late'));
  jest.runAllTimers();
  expect(batches).toEqual([
    [warning('the kernel refused the last datagram'), { type: 'closed', undelivered: 0 }],
  ]);
});

test('a question to the resolver is answered with an address, or with why there is none', async () => {
  jest.useRealTimers();
  const { core, driver } = driven();
  const answers: Input[] = [];
  core.onInput = (input) => {
    if (input.type === 'resolved' || input.type === 'unresolved') answers.push(input);
    return input.type === 'datagram'
      ? [
          { type: 'resolve', host: '127.0.0.1' },
          // An IPv6 address, on a socket that has IPv4 alone.
          { type: 'resolve', host: '::1' },
          // A label longer than a name may have: refused without asking anybody.
          { type: 'resolve', host: `${'x'.repeat(64)}.invalid` },
        ]
      : [];
  };
  driver.input(datagram);
  await until('three answers', () => (answers.length === 3 ? true : undefined));
  expect(answers.find(({ type }) => type === 'resolved')).toEqual({
    type: 'resolved',
    host: '127.0.0.1',
    ip: '127.0.0.1',
  });
  const failed = answers.filter((answer) => answer.type === 'unresolved');
  expect(failed.find(({ host }) => host === '::1')?.reason).toBe(
    'it is IPv6, and this node is bound to IPv4',
  );
  expect(failed.find(({ host }) => host !== '::1')?.reason).toMatch(/^E[A-Z_]+$/);
  driver.stop();
});

test.each([
  ['the first address', {}, '127.0.0.1'],
  ['the address in use, if the name still has it', { inUse: '::1' }, '::1'],
  ['the next address, where nobody answers at the one in use', { inUse: '127.0.0.1', isDead: true }, '::1'],
  ['the first address again, after the last one', { inUse: '::1', isDead: true }, '127.0.0.1'],
])('a name with two addresses is answered with %s', async (_, question, ip) => {
  jest.useRealTimers();
  const { core, driver, transport } = driven();
  transport.reach = 'any';
  const answers: Input[] = [];
  core.onInput = (input) => {
    if (input.type === 'datagram') return [{ type: 'resolve', host: 'localhost', ...question }];
    answers.push(input);
    return [];
  };
  driver.input(datagram);
  await until('the answer', () => (answers.length === 1 ? true : undefined));
  driver.stop();
  const isDualStack = (await addressesOf('localhost', 'any')).length > 1;
  expect(answers).toEqual([{ type: 'resolved', host: 'localhost', ip: isDualStack ? ip : '127.0.0.1' }]);
});

test('what a core gives leaves only after what has changed is kept, all that one turn brings at once', () => {
  const core = new ScriptedCore();
  const transport = new FakeTransport();
  const done: string[] = [];
  transport.onPerform = () => done.push('sent');
  core.onInput = () => [{ type: 'datagram', to: datagram.from, bytes: datagram.bytes }, shown(warning('a'))];
  const onEvents = (events: readonly Event[]): void => void done.push(`${events.length} told`);
  const driver = new Driver<Datagram, Send>(core, transport, onEvents, {
    keep: () => void done.push('kept'),
    isOver: () => false,
    takeOver: () => core,
    onFailed: () => done.push('failed'),
  });
  driver.input(datagram);
  driver.input(datagram);
  expect(done).toEqual([]);
  jest.runAllTimers();
  expect(done).toEqual(['kept', 'sent', 'sent', '2 told']);
});

test('what comes once a core is at its end, in the same turn too, is for the core that takes over', () => {
  const [first, second] = [new ScriptedCore(), new ScriptedCore()];
  let core = first;
  const driver = new Driver<Datagram, Send>(first, new FakeTransport(), () => {}, {
    keep: () => {},
    isOver: () => core === first,
    takeOver: () => {
      core = second;
      return second;
    },
    onFailed: () => {},
  });
  driver.input(datagram);
  driver.commands([{ type: 'status' }]);
  expect([first.given, second.given]).toEqual([['datagram'], ['command']]);
});

test('what a core tells at its end is told before that end is kept, so that a crash in between tells it again', () => {
  const [first, second] = [new ScriptedCore(), new ScriptedCore()];
  const done: string[] = [];
  let core = first;
  first.onInput = () => [shown(warning('a'))];
  const onEvents = (events: readonly Event[]): void => void done.push(`${events.length} told`);
  const driver = new Driver<Datagram, Send>(first, new FakeTransport(), onEvents, {
    keep: () => void done.push('kept'),
    isOver: () => core === first,
    takeOver: () => {
      done.push('over');
      core = second;
      return second;
    },
    onFailed: () => {},
  });
  driver.input(datagram);
  jest.runAllTimers();
  expect(done.slice(0, 3)).toEqual(['kept', '1 told', 'over']);
});

test('where it can not be kept nothing leaves any more, and no further input is taken', () => {
  const core = new ScriptedCore();
  const transport = new FakeTransport();
  const failures: unknown[] = [];
  const told: Event[] = [];
  core.onInput = () => [{ type: 'datagram', to: datagram.from, bytes: datagram.bytes }, shown(warning('a'))];
  const driver = new Driver<Datagram, Send>(core, transport, (events) => told.push(...events), {
    keep: () => {
      throw new Error('the disk is full');
    },
    isOver: () => false,
    takeOver: () => core,
    onFailed: (cause) => failures.push(cause),
  });
  driver.input(datagram);
  jest.runAllTimers();
  driver.input(datagram);
  jest.runAllTimers();
  expect(failures).toEqual([new Error('the disk is full')]);
  expect(core.given).toEqual(['datagram']);
  expect([transport.performed, told]).toEqual([[], []]);
});
