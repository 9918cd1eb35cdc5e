/** The journeys that the architecture page tells are those that a line, an ACK and a handshake really make: by the call stack. */
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { Outputs } from '../src/kernel/io.ts';
import { PacketOpener, PacketSealer } from '../src/wires/tincan/delivery/packet.ts';
import { Recovery } from '../src/wires/tincan/delivery/recovery.ts';
import { Initiator } from '../src/wires/tincan/handshake/initiator.ts';
import { Log } from '../src/wires/tincan/log.ts';
import { Effects } from '../src/wires/tincan/peer/effects.ts';
import { Fragments } from '../src/wires/tincan/peer/fragments.ts';
import { Incoming } from '../src/wires/tincan/peer/incoming.ts';
import { Sessions } from '../src/wires/tincan/peer/sessions.ts';
import { Dialler } from '../src/wires/tincan/room/dialler.ts';
import { OwnLines } from '../src/wires/tincan/room/own-lines.ts';
import { codeIn, readPage } from './support/pages.ts';
import { NodeWorld } from './wires/tincan/node-world.ts';

const SOURCES = fileURLToPath(new URL('../src/', import.meta.url));
const WIRE = 'wires/tincan';
const journeysOnPage = new Map(
  readPage('src/README.md')
    .split(/^### /mu)
    .map((section) => [section.slice(0, section.indexOf('\n')), section]),
);

test('a line goes out by the hops that the architecture page names, at most 16', () => {
  using journey = new Journey();
  const { world } = journey;
  const alice = world.add('alice', ['bob']);
  world.add('bob');
  world.run(5_000);
  journey.watch(OwnLines, 'add', `${WIRE}/room/own-lines.ts`);
  journey.watch(Log, 'append', `${WIRE}/log.ts`);
  journey.watch(Fragments, 'add');
  journey.watch(PacketSealer, 'seal', `${WIRE}/delivery/packet.ts`);
  journey.watch(Outputs, 'datagram', 'kernel/io.ts');
  world.say(alice, 'hello');
  expect(journey.hops).toEqual(hopsOnPage('A line goes out'));
  expect(journey.hops.length).toBeLessThanOrEqual(16);
});

test('a line comes in by the hops that the architecture page names, at most 14', () => {
  using journey = new Journey();
  const { world } = journey;
  const alice = world.add('alice', ['bob']);
  world.add('bob');
  world.run(5_000);
  world.say(alice, 'hello');
  journey.watch(PacketOpener, 'open', `${WIRE}/delivery/packet.ts`);
  journey.watch(Incoming, 'onLine', `${WIRE}/peer/incoming.ts`);
  journey.watch(Effects, 'event', `${WIRE}/peer/effects.ts`);
  journey.watch(Outputs, 'push', 'kernel/io.ts');
  world.run(1);
  expect(journey.hops).toEqual(hopsOnPage('A line comes in'));
  expect(journey.hops.length).toBeLessThanOrEqual(14);
});

test('a line crosses at most 18 files on its way out and in', () => {
  const files = ['A line goes out', 'A line comes in'].flatMap((title) =>
    codeIn(journeysOnPage.get(title) ?? '').map((code) => code.replace(/: .*/u, '')),
  );
  expect(new Set(files).size).toBeGreaterThan(10);
  expect(new Set(files).size).toBeLessThanOrEqual(18);
});

test('an ACK comes in by the hops that the architecture page names', () => {
  using journey = new Journey();
  const { world } = journey;
  const alice = world.add('alice', ['bob']);
  const bob = world.add('bob');
  world.run(5_000);
  bob.takes = false;
  world.say(alice, 'hello');
  journey.watch(Recovery, 'onAck', `${WIRE}/delivery/recovery.ts`);
  journey.watch(Fragments, 'onAcked', `${WIRE}/peer/fragments.ts`);
  world.run(1_000);
  expect(journey.hops).toEqual(hopsOnPage('An ACK comes in'));
});

test('a handshake of our own goes by the hops that the architecture page names', () => {
  using journey = new Journey();
  const { world } = journey;
  world.add('bob');
  world.run(1);
  journey.watch(Dialler, 'start', `${WIRE}/room/dialler.ts`);
  journey.watch(Dialler, 'onTimeout', `${WIRE}/room/dialler.ts`);
  journey.watch(Initiator, 'timeout', `${WIRE}/handshake/initiator.ts`);
  journey.watch(Initiator, 'receiveResponse', `${WIRE}/handshake/initiator.ts`);
  journey.watch(Initiator, 'finish', `${WIRE}/handshake/initiator.ts`);
  journey.watch(
    Sessions,
    'open',
    `${WIRE}/peer/sessions.ts`,
    (session) => Object(session).role === 'initiator',
  );
  journey.watch(Dialler, 'onConfirmed', `${WIRE}/room/dialler.ts`);
  world.add('alice', ['bob']);
  world.run(5_000);
  expect(journey.hops).toEqual(hopsOnPage('A handshake of our own'));
});

/** The first code of each numbered line under this heading. */
function hopsOnPage(title: string): readonly string[] {
  const items = (journeysOnPage.get(title) ?? '').matchAll(/^\d+\. `(?<hop>[^`]+)`/gmu);
  return [...items].map(({ groups }) => groups?.['hop'] ?? '');
}

/** Which functions of the sources are on the call stack whenever one that is watched is called: each once, in order. */
class Journey {
  readonly world = new NodeWorld();
  readonly #hops = new Set<string>();
  readonly #restore: (() => void)[] = [];

  get hops(): readonly string[] {
    return [...this.#hops];
  }

  /** `file`: where the method is, if it is a hop itself, and does not only show who calls it. */
  watch(
    { prototype }: { readonly prototype: object },
    method: string,
    file?: string,
    isMeant: (argument: unknown) => boolean = () => true,
  ): void {
    const original: unknown = Reflect.get(prototype, method);
    if (typeof original !== 'function') throw new Error(`${method} is a method`);
    const note = (): void => this.#note(file === undefined ? [] : [`${file}: ${method}`]);
    Object.defineProperty(prototype, method, {
      configurable: true,
      writable: true,
      value(this: unknown, ...args: unknown[]): unknown {
        if (isMeant(args[0])) note();
        return Reflect.apply(original, this, args);
      },
    });
    this.#restore.push(() => {
      Object.defineProperty(prototype, method, { configurable: true, writable: true, value: original });
    });
  }

  [Symbol.dispose](): void {
    for (const restore of this.#restore.toReversed()) restore();
  }

  #note(last: readonly string[]): void {
    for (const hop of [...hopsOnStack(), ...last]) this.#hops.add(hop);
  }
}

/** Outermost first. By the engine's own account: the one that Jest makes of it takes names from the wrong places. */
function hopsOnStack(): readonly string[] {
  const before = Object.getOwnPropertyDescriptors(Error);
  const hops: string[] = [];
  Error.stackTraceLimit = 50;
  Error.prepareStackTrace = (_error, calls) => {
    for (const call of calls) {
      const file = call.getFileName()?.replace('file://', '');
      if (file?.startsWith(SOURCES) === true)
        hops.unshift(`${file.slice(SOURCES.length)}: ${call.getFunctionName()}`);
    }
    return '';
  };
  // The stack is only made when it is read.
  Reflect.get(new Error('where we are'), 'stack');
  Object.defineProperty(Error, 'prepareStackTrace', before.prepareStackTrace ?? { value: undefined });
  Error.stackTraceLimit = before.stackTraceLimit.value ?? 10;
  return hops;
}
