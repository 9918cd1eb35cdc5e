import { expect, test } from '@jest/globals';
import { lookupGraceMs, lookupSpacingMs } from '../../../src/wires/common/limits.ts';
import { PeerLookup } from '../../../src/wires/common/peer-lookup.ts';

const NOW = 1_000_000;
const lookup = () => new PeerLookup({ label: 'bob', host: 'bob.example', port: 5000 }, () => 0.5);

/** One that has its answer already. */
function answered(): PeerLookup {
  const asked = lookup();
  asked.poll(NOW);
  asked.handleResolved('bob.example', '10.0.0.2', NOW);
  return asked;
}

test('the name is asked for at once, and only once while the answer is due', () => {
  const asked = lookup();
  expect(asked.deadline()).toBeLessThanOrEqual(NOW);
  expect(asked.poll(NOW)).toEqual({ type: 'resolve', host: 'bob.example', isDead: false });
  expect(asked.deadline()).toBeUndefined();
  asked.askAgainAt(NOW);
  expect(asked.poll(NOW + 60_000)).toBeUndefined();
});

test('the answer to a look-up gives the address, with the port that was configured', () => {
  const asked = answered();
  expect(asked.address).toEqual({ ip: '10.0.0.2', port: 5000 });
  expect(asked.isAt({ ip: '10.0.0.2', port: 5000 })).toBe(true);
  expect(asked.isAt({ ip: '10.0.0.2', port: 5001 })).toBe(false);
  expect(asked.deadline()).toBeUndefined();
});

test('an answer for another name, or to no question, changes nothing', () => {
  const asked = lookup();
  expect(asked.handleResolved('bob.example', '10.0.0.9', NOW)).toBe(false);
  asked.poll(NOW);
  expect(asked.handleResolved('carol.example', '10.0.0.9', NOW)).toBe(false);
  expect(asked.handleUnresolved('carol.example', 'ENOTFOUND', NOW)).toBeUndefined();
  expect(asked.address).toBeUndefined();
});

test('a look-up that fails is tried again with growing pauses, and told once, when it has failed for the grace', () => {
  const asked = lookup();
  const warnings: string[] = [];
  const pauses: number[] = [];
  let now = NOW;
  for (let tries = 0; tries < 5; tries += 1) {
    expect(asked.poll(now)).toBeDefined();
    const warning = asked.handleUnresolved('bob.example', 'ENOTFOUND', now);
    if (warning !== undefined) warnings.push(`${now - NOW}: ${warning}`);
    const next = asked.deadline() ?? now;
    pauses.push(next - now);
    expect(asked.poll(next - 1)).toBeUndefined();
    now = next;
  }
  expect(pauses).toEqual([200, 400, 800, 1_600, 3_200]);
  expect(warnings).toEqual([
    '1400: peer bob: the name "bob.example" has no address (ENOTFOUND); its lines wait, trying again',
  ]);
  expect(1_400).toBeGreaterThan(lookupGraceMs);
});

test('a known address serves on while the name fails', () => {
  const asked = answered();
  asked.askAgainAt(NOW);
  asked.poll(NOW);
  asked.handleUnresolved('bob.example', 'EAI_AGAIN', NOW);
  expect(asked.address).toEqual({ ip: '10.0.0.2', port: 5000 });
});

test('after silence the name is asked for again, but not while peer or resolver have spoken lately', () => {
  const asked = answered();
  asked.refresh(NOW + 9_999, 10_000, 0);
  expect(asked.deadline()).toBeUndefined();
  asked.refresh(NOW + 15_000, 10_000, NOW + 6_000);
  expect(asked.deadline()).toBeUndefined();
  asked.refresh(NOW + 15_000, 10_000, 0);
  expect(asked.deadline()).toBe(NOW + 15_000);
});

test('however many strangers show up, there is some time between two look-ups', () => {
  const asked = answered();
  asked.askSoon(NOW + 10);
  expect(asked.deadline()).toBe(NOW + lookupSpacingMs);
  asked.askSoon(NOW + 50);
  expect(asked.deadline()).toBe(NOW + lookupSpacingMs);
  asked.poll(NOW + lookupSpacingMs);
  asked.handleUnresolved('bob.example', 'ENOTFOUND', NOW + lookupSpacingMs);
  asked.askSoon(NOW + lookupSpacingMs + 1);
  expect(asked.deadline()).toBe(NOW + 2 * lookupSpacingMs);
});

test('an answer is due soon while a look-up waits for it, or is to be made within the time asked about', () => {
  const asked = lookup();
  expect(asked.pending(NOW, 0)).toBe(true);
  asked.poll(NOW);
  expect(asked.pending(NOW, 0)).toBe(true);
  asked.handleResolved('bob.example', '10.0.0.2', NOW);
  expect(asked.pending(NOW, 200)).toBe(false);
  asked.askAgainAt(NOW + 200);
  expect(asked.pending(NOW, 200)).toBe(true);
  expect(asked.pending(NOW, 199)).toBe(false);
});

test('the question names the address in use, and says so where nobody answers there, until there is an answer', () => {
  const asked = answered();
  asked.askAgainAt(NOW);
  expect(asked.poll(NOW)).toMatchObject({ inUse: '10.0.0.2', isDead: false });
  asked.handleResolved('bob.example', '10.0.0.2', NOW);
  asked.markDead();
  asked.askAgainAt(NOW);
  expect(asked.poll(NOW)).toMatchObject({ inUse: '10.0.0.2', isDead: true });
  asked.handleResolved('bob.example', '10.0.0.3', NOW);
  asked.askAgainAt(NOW);
  expect(asked.poll(NOW)).toMatchObject({ inUse: '10.0.0.3', isDead: false });
});
