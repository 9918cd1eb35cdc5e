import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { replayWindowPackets } from '../../../../src/wires/tincan/limits.ts';
import { ReplayWindow } from '../../../../src/wires/tincan/delivery/replay-window.ts';
import type { ReplayVerdict } from '../../../../src/wires/tincan/delivery/replay-window.ts';

/** The same by a set that forgets nothing: too slow and too large, but plainly right. */
class NaiveWindow {
  readonly #seen = new Set<number>();
  #newest = -1;

  check(packetNumber: number): ReplayVerdict {
    if (packetNumber <= this.#newest - replayWindowPackets) return 'too-old';
    return this.#seen.has(packetNumber) ? 'duplicate' : 'fresh';
  }

  commit(packetNumber: number): void {
    this.#seen.add(packetNumber);
    this.#newest = Math.max(this.#newest, packetNumber);
  }
}

test('the window says what a set of all numbers would say, however the numbers jump', () => {
  const verdicts = new Map<ReplayVerdict, number>();
  // Steps from the newest number: mostly near, sometimes at the window's far edge, sometimes far ahead.
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: -70, max: 70 }) },
    { weight: 1, arbitrary: fc.constantFrom(0, -1, -31, -32, -33) },
    { weight: 3, arbitrary: fc.integer({ min: -replayWindowPackets - 3, max: -replayWindowPackets + 3 }) },
    { weight: 2, arbitrary: fc.integer({ min: -replayWindowPackets, max: replayWindowPackets * 2 }) },
  );
  fc.assert(
    fc.property(
      fc.constantFrom(0, 2 ** 32 - 40, 2 ** 52),
      fc.array(step, { minLength: 20, maxLength: 200 }),
      (start, steps) => {
        const window = new ReplayWindow();
        const naive = new NaiveWindow();
        for (const distance of steps) {
          const packetNumber = Math.max(0, Math.max(window.newest, start) + distance);
          const verdict = window.check(packetNumber);
          verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
          expect(verdict).toBe(naive.check(packetNumber));
          if (verdict !== 'fresh') continue;
          window.commit(packetNumber);
          naive.commit(packetNumber);
        }
      },
    ),
    { numRuns: 300 },
  );
  for (const verdict of ['fresh', 'duplicate', 'too-old'] as const) {
    expect(verdicts.get(verdict) ?? 0).toBeGreaterThan(100);
  }
});

test('checking changes nothing, so that a forged number cannot move the window', () => {
  const window = new ReplayWindow();
  window.commit(5);
  expect(window.check(2 ** 40)).toBe('fresh');
  expect(window.newest).toBe(5);
  expect(window.check(4)).toBe('fresh');
});

test('the window reaches exactly as far back as it says', () => {
  const window = new ReplayWindow();
  window.commit(replayWindowPackets + 99);
  expect(window.check(100)).toBe('fresh');
  expect(window.check(99)).toBe('too-old');
});

test('committing a number twice is our own bug', () => {
  const window = new ReplayWindow();
  window.commit(7);
  expect(() => {
    window.commit(7);
  }).toThrow('accepted once');
});

test('a jump over the whole ring forgets the place where it began', () => {
  const window = new ReplayWindow();
  window.commit(0);
  // 257 words of 32 bits: 8,224 stands where 0 stood.
  window.commit(8_224 + 40);
  expect(window.check(8_224)).toBe('fresh');
});
