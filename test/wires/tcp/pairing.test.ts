import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { Address } from '../../../src/kernel/contract.ts';
import { newerStays, sourcePorts, whoDialled } from '../../../src/wires/tcp/pairing.ts';

const at = (ip: string, port: number): Address => ({ ip, port });
const peer = (listensAt: Address | undefined, connected = false) => ({ listensAt, connected });

test('source ports are ports, follow from the listening port, and are never the same as it or each other', () => {
  expect(sourcePorts(5000)[0]).toBe(15_000);
  expect(sourcePorts(65_535)[0]).toBe(55_535);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 65_535 }), (port) => {
      const ports = sourcePorts(port);
      expect(new Set([port, ...ports]).size).toBe(ports.length + 1);
      expect(ports.filter((each) => each < 1 || each > 65_535)).toEqual([]);
    }),
  );
});

test('a hundred nodes that listen on neighbouring ports of one host have no source port in common', () => {
  const all = Array.from({ length: 100 }, (_, index) => sourcePorts(5000 + index)).flat();
  expect(new Set(all).size).toBe(all.length);
});

test('who dials from the source port of a configured peer is that peer, even among several on one host', () => {
  const bob = peer(at('127.0.0.1', 5001));
  const carol = peer(at('127.0.0.1', 5002));
  expect(whoDialled(at('127.0.0.1', 15_002), [bob, carol])).toBe(carol);
  expect(whoDialled(at('127.0.0.1', 15_001), [bob, carol])).toBe(bob);
});

test('who dials from a further source port of a configured peer is that peer, even if it has a connection', () => {
  for (const port of sourcePorts(5002))
    for (const host of ['127.0.0.1', '10.0.0.2']) {
      const [bob, carol] = [peer(at(host, 5001), true), peer(at(host, 5002), true)];
      expect(whoDialled(at(host, port), [bob, carol])).toBe(carol);
    }
});

test('a port that two peers of one host may dial from is that of the peer that tries it first', () => {
  const [bob, carol] = [peer(at('10.0.0.2', 5000)), peer(at('10.0.0.2', 6370))];
  expect(sourcePorts(5000)[1]).toBe(sourcePorts(6370)[0]);
  expect(whoDialled(at('10.0.0.2', 16_370), [bob, carol])).toBe(carol);
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
