import { expect, test } from '@jest/globals';
import { SetupError } from '../../src/kernel/errors.ts';
import { addressesOf } from '../../src/transport/resolver.ts';
import { openAtFirst } from '../../src/transport/bind.ts';

const failure = (code: string) => Object.assign(new Error(code), { code });
const wanted = { host: 'localhost', port: 5000 };

test('an address that this machine has not is followed by the name`s next one', async () => {
  const all = await addressesOf('localhost', 'any');
  const tried: string[] = [];
  const opened = openAtFirst(wanted, async (ip) => {
    tried.push(ip);
    if (ip !== all.at(-1)) throw failure('EADDRNOTAVAIL');
    return ip;
  });
  expect(await opened).toBe(all.at(-1));
  expect(tried).toEqual(all);
});

test('a port that is taken is told at once: another address of the name would surprise its peers', async () => {
  const tried: string[] = [];
  const opened = openAtFirst(wanted, async (ip) => {
    tried.push(ip);
    throw failure('EADDRINUSE');
  });
  await expect(opened).rejects.toThrow(SetupError);
  expect(tried).toHaveLength(1);
});
