import { expect, test } from '@jest/globals';
import {
  creditBytes,
  creditMaxBytes,
  creditRoundTrips,
  incomingMaxBytes,
  keptLineBytes,
  pieceCostBytes,
} from '../../../../src/wires/tincan/limits.ts';
import { Credit } from '../../../../src/wires/tincan/peer/credit.ts';
import { linesCostBytes } from '../../../../src/wires/tincan/peer/partial-line.ts';

const roundTripMs = 20;
const roomBytes = 48_000_000;

/** A peer whose lines of so many bytes are taken, its whole credit at a time, each `everyMs`. */
class Flow {
  readonly credit = new Credit();
  now = 1_000;
  roomBytes = roomBytes;
  readonly #lineBytes: number;
  readonly #everyMs: number;

  constructor(lineBytes: number, everyMs: number) {
    this.#lineBytes = lineBytes;
    this.#everyMs = everyMs;
  }

  /** Receipts for each quarter of the credit. */
  take(credits: number): this {
    for (let quarter = 0; quarter < 4 * credits; quarter += 1) {
      this.now += this.#everyMs / 4;
      const lines = Math.ceil(this.credit.bytes / 4 / (this.#lineBytes + pieceCostBytes));
      const taken = {
        creditBytes: lines * (this.#lineBytes + pieceCostBytes),
        memoryBytes: linesCostBytes(lines, lines * this.#lineBytes),
      };
      this.credit.onReceipt(taken, this.roomBytes, this.now, roundTripMs);
    }
    return this;
  }
}

test('a credit doubles where the program takes all of it within some round trips, up to a bound', () => {
  const { credit } = new Flow(1_000, (creditRoundTrips - 1) * roundTripMs).take(2);
  // The first time there is nothing to measure from.
  expect(credit.bytes).toBe(2 * creditBytes);
  const full = new Flow(1_000, (creditRoundTrips - 1) * roundTripMs).take(20);
  expect(full.credit.bytes).toBe(creditMaxBytes);
});

test('a credit stays as it is where the program reads slowly, or where the path carries less', () => {
  const { credit } = new Flow(1_000, (creditRoundTrips + 1) * roundTripMs).take(50);
  expect([credit.bytes, credit.keptMaxBytes]).toEqual([creditBytes, incomingMaxBytes]);
});

test('a credit of which the program takes nothing stays as it is, and so does what the peer may occupy', () => {
  const credit = new Credit();
  for (let now = 0; now < 10_000; now += 10)
    credit.onReceipt({ creditBytes: 0, memoryBytes: 0 }, roomBytes, now, roundTripMs);
  expect([credit.bytes, credit.keptMaxBytes]).toEqual([creditBytes, incomingMaxBytes]);
});

test('a credit in small lines grows less, as these take more memory: never more than a share of what is left', () => {
  const small = new Flow(10, roundTripMs).take(20).credit;
  const large = new Flow(10_000, roundTripMs).take(20).credit;
  expect(small.bytes).toBeLessThan(large.bytes);
  for (const credit of [small, large]) expect(credit.keptMaxBytes).toBeLessThan(roomBytes / 3);
  const lineBytes = 10 + pieceCostBytes;
  expect(small.keptMaxBytes).toBeGreaterThanOrEqual((small.bytes / lineBytes) * keptLineBytes);
});

test('a credit shrinks to what it was at first where others have used up the memory', () => {
  const flow = new Flow(1_000, roundTripMs).take(20);
  flow.roomBytes = 500_000;
  flow.take(6);
  expect([flow.credit.bytes, flow.credit.keptMaxBytes]).toEqual([creditBytes, incomingMaxBytes]);
});
