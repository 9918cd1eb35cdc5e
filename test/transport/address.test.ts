import { expect, test } from '@jest/globals';
import { fromKernel, toKernel } from '../../src/transport/address.ts';

test('an IPv4 address on a dual-stack socket looks like one everywhere else', () => {
  expect(fromKernel('::ffff:10.0.0.2')).toBe('10.0.0.2');
  expect(toKernel('10.0.0.2', true)).toBe('::ffff:10.0.0.2');
});

test('every other address stays as it is', () => {
  for (const ip of ['10.0.0.2', '::1', 'fe80::ffff:1', '::ffff:a00:2']) expect(fromKernel(ip)).toBe(ip);
  expect(toKernel('10.0.0.2', false)).toBe('10.0.0.2');
  expect(toKernel('::1', true)).toBe('::1');
});
