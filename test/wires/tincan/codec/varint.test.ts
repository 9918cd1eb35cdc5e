import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { Reader, Writer } from '../../../../src/wires/tincan/codec/varint.ts';

test('the examples of RFC 9000 appendix A.1 are read and written', () => {
  const examples: readonly (readonly [string, number])[] = [
    ['25', 37],
    ['7bbd', 15_293],
    ['9d7f3e7d', 494_878_333],
  ];
  for (const [hex, value] of examples) {
    const bytes = Uint8Array.from(hex.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
    expect(new Reader(bytes).varint()).toBe(value);
    const writer = new Writer(new Uint8Array(bytes.length));
    writer.varint(value);
    expect(writer.finish()).toEqual(bytes);
  }
});

test('each value has one encoding, and comes back', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (value) => {
      const counter = new Writer();
      counter.varint(value);
      const writer = new Writer(new Uint8Array(counter.length));
      writer.varint(value);
      const reader = new Reader(writer.finish());
      expect(reader.varint()).toBe(value);
      expect([reader.remaining, reader.short, reader.canonical]).toEqual([0, false, true]);
    }),
    { examples: [[0], [63], [64], [16_383], [16_384], [2 ** 30 - 1], [2 ** 30], [Number.MAX_SAFE_INTEGER]] },
  );
});

test('reading past the end gives zeroes and says so', () => {
  const reader = new Reader(Uint8Array.of(0x80, 1));
  expect(reader.varint()).toBe(0);
  expect(reader.short).toBe(true);
  expect(reader.bytes(5)).toHaveLength(0);
  expect(reader.byte()).toBe(0);
});

test.each([
  ['the two-byte encoding of 37, which RFC 9000 allows', [0x40, 0x25]],
  ['2^53', [0xc0, 0x20, 0, 0, 0, 0, 0, 0]],
])('%s is read as zero, and the reader remembers it', (_, bytes) => {
  const reader = new Reader(Uint8Array.of(...bytes, 7));
  expect(reader.varint()).toBe(0);
  expect(reader.varint()).toBe(7);
  expect([reader.short, reader.canonical]).toEqual([false, false]);
});

test('a writer without a size counts what a writer with one keeps', () => {
  const counter = new Writer();
  counter.byte(1);
  counter.bytes(Uint8Array.of(2, 3));
  counter.varint(64);
  expect(counter.length).toBe(5);
  counter.restart();
  expect(counter.length).toBe(0);
});

test('a size that was counted wrongly stops the process', () => {
  const writer = new Writer(new Uint8Array(2));
  writer.byte(1);
  expect(() => writer.finish()).toThrow('exactly the size');
});
