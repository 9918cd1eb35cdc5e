import { expect, test } from '@jest/globals';
import { InvariantViolation } from '../../../src/kernel/invariant.ts';
import { addressText } from '../../../src/kernel/address.ts';
import { wirePeerId } from '../../../src/wires/common/peer-id.ts';

test('an address is written as ip:port, an IPv6 one in brackets', () => {
  expect(addressText({ ip: '10.0.0.2', port: 5000 })).toBe('10.0.0.2:5000');
  expect(addressText({ ip: 'fe80::1', port: 5000 })).toBe('[fe80::1]:5000');
});

test('a peer id is the address; what is none is a bug', () => {
  expect(wirePeerId({ ip: '10.0.0.2', port: 5000 })).toBe('10.0.0.2:5000');
  expect(() => wirePeerId({ ip: '', port: 5000 })).toThrow(InvariantViolation);
  expect(() => wirePeerId({ ip: '10.0.0.2', port: 500_000 })).toThrow(InvariantViolation);
});
