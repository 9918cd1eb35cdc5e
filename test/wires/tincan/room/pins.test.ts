import { expect, test } from '@jest/globals';
import type { Event } from '../../../../src/kernel/contract.ts';
import { Outputs } from '../../../../src/kernel/io.ts';
import { nodeCrypto } from '../../../../src/runtime/crypto.ts';
import { fingerprintOf } from '../../../../src/wires/tincan/handshake/handshake.ts';
import { pinnedNamesMax, pinsPerKeyMax } from '../../../../src/wires/tincan/limits.ts';
import { Pins } from '../../../../src/wires/tincan/room/pins.ts';

const key = (seed: number) => fingerprintOf(nodeCrypto, new Uint8Array(32).fill(seed));
const [bob, mallory] = [key(1), key(2)];

function pinsWith(known: ReadonlyMap<string, string> = new Map(), acceptsChanges = false) {
  const outputs = new Outputs();
  const pins = new Pins({ known, acceptsChanges, outputs });
  const told = (): string[] =>
    outputs.take().flatMap((output) => (output.type === 'event' ? [summary(output.event)] : []));
  return { pins, told };
}

function summary(event: Event): string {
  return event.type === 'warning' ? event.code : event.type;
}

test('a name is nobody’s until somebody has said something under it', () => {
  const { pins, told } = pinsWith();
  pins.onSeen('bob', mallory);
  expect(pins.keyOf('bob')).toBeUndefined();
  expect(pins.onSaid('bob', bob)).toBe(true);
  expect(pins.keyOf('bob')).toBe(bob);
  expect(told()).toEqual(['pinned']);
});

test('another key under a pinned name is an alarm, and the pin stays', () => {
  const { pins, told } = pinsWith(new Map([['bob', bob]]));
  pins.onSeen('bob', mallory);
  expect(pins.onSaid('bob', mallory)).toBe(false);
  expect(pins.belongsToAnother('bob', mallory)).toBe(true);
  expect(pins.keyOf('bob')).toBe(bob);
  expect(told()).toEqual(['key-changed']);
});

test('where changed keys are accepted, the alarm is given and the pin moves', () => {
  const { pins, told } = pinsWith(new Map([['bob', bob]]), true);
  pins.onSeen('bob', mallory);
  expect(pins.belongsToAnother('bob', mallory)).toBe(false);
  expect(pins.keyOf('bob')).toBe(mallory);
  expect(told()).toEqual(['key-changed', 'pinned']);
});

test('one key takes no more than its share of the names', () => {
  const { pins } = pinsWith();
  for (let number = 0; number < pinsPerKeyMax; number += 1)
    expect(pins.onSaid(`name ${number}`, mallory)).toBe(true);
  expect(pins.onSaid('one more', mallory)).toBe(false);
  expect(pins.onSaid('bob', bob)).toBe(true);
});

test('once all pins are taken, a warning says so once, and known names stay guarded', () => {
  const known = new Map(
    Array.from({ length: pinnedNamesMax }, (_, number) => [`name ${number}`, String(bob)]),
  );
  const { pins, told } = pinsWith(known);
  expect(pins.onSaid('carol', mallory)).toBe(false);
  expect(pins.onSaid('dave', mallory)).toBe(false);
  pins.onSeen('name 0', mallory);
  expect(told()).toEqual(['pins-full', 'key-changed']);
});
