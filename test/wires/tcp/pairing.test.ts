import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { Address } from '../../../src/kernel/contract.ts';
import { newerStays, sourcePort, whoDialled } from '../../../src/wires/tcp/pairing.ts';

const at = (ip: string, port: number): Address => ({ ip, port });
const peer = (listensAt: Address | undefined, connected = false) => ({ listensAt, connected });

test('a source port is a port, follows from the listening port, and is never the same as it', () => {
  expect(sourcePort(5000)).toBe(15_000);
  expect(sourcePort(65_535)).toBe(55_535);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 65_535 }), (port) => {
      const source = sourcePort(port);
      return source >= 1 && source <= 65_535 && source !== port;
    }),
  );
});

test('who dials from the source port of a configured peer is that peer, even among several on one host', () => {
  const bob = peer(at('127.0.0.1', 5001));
  const carol = peer(at('127.0.0.1', 5002));
  expect(whoDialled(at('127.0.0.1', 15_002), [bob, carol])).toBe(carol);
  expect(whoDialled(at('127.0.0.1', 15_001), [bob, carol])).toBe(bob);
});

test('on another host, any source port is that of the only peer there, unless it has a connection', () => {
  const bob = peer(at('10.0.0.2', 5000));
  expect(whoDialled(at('10.0.0.2', 40_000), [bob])).toBe(bob);
  expect(whoDialled(at('10.0.0.2', 40_000), [peer(at('10.0.0.2', 5000), true)])).toBeUndefined();
  expect(whoDialled(at('10.0.0.2', 40_000), [bob, peer(at('10.0.0.2', 5001))])).toBeUndefined();
  expect(whoDialled(at('10.0.0.3', 40_000), [bob])).toBeUndefined();
});

test('on loopback, another source port is a stranger: everybody shares that host', () => {
  expect(whoDialled(at('127.0.0.1', 40_000), [peer(at('127.0.0.1', 5001))])).toBeUndefined();
  expect(whoDialled(at('::1', 40_000), [peer(at('::1', 5001))])).toBeUndefined();
});

test('a peer whose name has no address is nobody yet', () => {
  expect(whoDialled(at('10.0.0.2', 15_000), [peer(undefined)])).toBeUndefined();
});

test('both sides keep the same one of two connections, whichever each saw first', () => {
  const address = fc.record({ ip: fc.constantFrom('10.0.0.2', '10.0.0.10', '::1'), port: fc.nat(65_535) });
  fc.assert(
    fc.property(address, address, fc.boolean(), fc.boolean(), (a, b, aSawOwnFirst, bSawOwnFirst) => {
      fc.pre(a.ip !== b.ip || a.port !== b.port);
      // One connection is dialled by a, one by b. True: the one that a dialled stays.
      const staysAtA =
        newerStays({ own: a, peer: b, olderDialledByUs: aSawOwnFirst, newerDialledByUs: !aSawOwnFirst }) !==
        aSawOwnFirst;
      const staysAtB =
        newerStays({ own: b, peer: a, olderDialledByUs: bSawOwnFirst, newerDialledByUs: !bSawOwnFirst }) ===
        bSawOwnFirst;
      expect(staysAtA).toBe(staysAtB);
    }),
  );
});

test('two that the same side dialled mean that it has given the older one up', () => {
  const pair = { own: at('10.0.0.1', 5000), peer: at('10.0.0.2', 5000) };
  expect(newerStays({ ...pair, olderDialledByUs: true, newerDialledByUs: true })).toBe(true);
  expect(newerStays({ ...pair, olderDialledByUs: false, newerDialledByUs: false })).toBe(true);
});
