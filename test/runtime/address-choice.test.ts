import { expect, test } from '@jest/globals';
import { AddressChoice } from '../../src/runtime/address-choice.ts';

const ips = ['192.0.2.1', '2001:db8::1'];

/** As Node's `dgram` makes it. */
function sendError(code: string, address: string): Error {
  return Object.assign(new Error(`send ${code} ${address}:5000`), { code, address, port: 5000 });
}

test('an address to which the kernel has no way is followed by the name`s next one, also on a dual-stack socket', () => {
  for (const address of ['192.0.2.1', '::ffff:192.0.2.1']) {
    const choice = new AddressChoice();
    expect(choice.choose(ips, undefined, false)).toBe('192.0.2.1');
    choice.onSendFailed(sendError('ENETUNREACH', address));
    expect(choice.choose(ips, '192.0.2.1', false)).toBe('2001:db8::1');
    expect(choice.choose(ips, '2001:db8::1', false)).toBe('2001:db8::1');
  }
});

test('where there is no way to any address of a name, each has its turn', () => {
  const choice = new AddressChoice();
  for (const ip of ips) choice.onSendFailed(sendError('EHOSTUNREACH', ip));
  expect(choice.choose(ips, '192.0.2.1', false)).toBe('2001:db8::1');
  expect(choice.choose(ips, '2001:db8::1', false)).toBe('192.0.2.1');
  expect(choice.choose(ips, '192.0.2.1', false)).toBe('192.0.2.1');
});

test('a datagram that is too long, or that a full buffer refuses, says nothing of its address', () => {
  const choice = new AddressChoice();
  for (const code of ['EMSGSIZE', 'ENOBUFS']) choice.onSendFailed(sendError(code, '192.0.2.1'));
  choice.onSendFailed(new Error('without a code'));
  expect(choice.choose(ips, '192.0.2.1', false)).toBe('192.0.2.1');
});
