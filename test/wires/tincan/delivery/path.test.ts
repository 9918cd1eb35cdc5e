import { expect, test } from '@jest/globals';
import { pathChallengesMax } from '../../../../src/wires/tincan/limits.ts';
import { Path } from '../../../../src/wires/tincan/delivery/path.ts';
import { nodeCrypto } from '../../../../src/runtime/crypto.ts';

const home = { ip: '192.0.2.1', port: 5000 };
const away = { ip: '192.0.2.9', port: 6000 };

test('only the newest packet moves the address, and what may go there is three times what came', () => {
  const path = new Path(home);
  expect(path.onReceived(away, 100, false, nodeCrypto, 1_000)).toBe(false);
  expect(path.address).toEqual(home);
  expect(path.onReceived(away, 100, true, nodeCrypto, 1_000)).toBe(true);
  expect([path.address, path.allowanceBytes, path.deadline]).toEqual([away, 300, 1_000]);
  path.onSent(250);
  path.onReceived(away, 10, true, nodeCrypto, 1_001);
  expect(path.allowanceBytes).toBe(80);
});

test('the right token validates, another does not', () => {
  const path = new Path(home);
  path.onReceived(away, 100, true, nodeCrypto, 1_000);
  const due = path.onTimeout(50, 1_000);
  if (due === undefined || due === 'reverted') throw new Error('a challenge is due at once');
  expect(path.onResponse(due.token.map((byte) => byte ^ 1))).toBe(false);
  expect(path.onResponse(due.token)).toBe(true);
  expect([path.allowanceBytes, path.deadline]).toEqual([Number.POSITIVE_INFINITY, undefined]);
});

test('nobody answers the challenges: the old address is back', () => {
  const path = new Path(home);
  path.onReceived(away, 100, true, nodeCrypto, 1_000);
  let now = 1_000;
  for (let challenge = 0; challenge < pathChallengesMax; challenge += 1) {
    expect(path.onTimeout(50, now - 1)).toBeUndefined();
    expect(path.onTimeout(50, now)).toHaveProperty('token');
    now += 50;
  }
  expect(path.onTimeout(50, now)).toBe('reverted');
  expect([path.address, path.deadline]).toEqual([home, undefined]);
});

test('a copy that somebody forwarded is undone by the next packet from home', () => {
  const path = new Path(home);
  path.onReceived(away, 100, true, nodeCrypto, 1_000);
  expect(path.onReceived(home, 100, true, nodeCrypto, 1_001)).toBe(true);
  expect([path.address, path.deadline]).toEqual([home, undefined]);
});
