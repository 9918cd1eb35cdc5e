/** Whom a node dials, whatever the others say. */
import { describe, expect, test } from '@jest/globals';
import type { Address } from '../../../src/kernel/contract.ts';
import type { IntroduceFrame } from '../../../src/wires/tincan/codec/frames.ts';
import {
  initBytes,
  introducedAttemptsMax,
  introducedDialsPerPeerMax,
  introducedPerPeerMax,
} from '../../../src/wires/tincan/limits.ts';
import { nodeCrypto } from '../../../src/runtime/crypto.ts';
import { NodeWorld, eventsOf } from './node-world.ts';
import { RawMember } from './raw-member.ts';

const liarAddress = { ip: '198.51.100.1', port: 5000 };

function introduction(address: Address, publicKey = nodeCrypto.generateKeyPair().publicKey): IntroduceFrame {
  return { type: 'introduce', publicKey, address };
}

/** Bytes that the world's nodes have sent to this IP, where nobody is. */
function bytesTo(world: NodeWorld, ip: string): number {
  return world.astray.reduce((sum, { to, bytes }) => (to.ip === ip ? sum + bytes.length : sum), 0);
}

describe('on the word of another member', () => {
  test('a member that introduces many addresses of one victim makes a node send it a few messages 1 at a time', () => {
    const world = new NodeWorld();
    const alice = world.add('alice');
    const liar = new RawMember(world, alice, liarAddress);
    // Keys below alice's and above it in turn: she dials the ones at once, the others after a wait.
    for (let port = 1; port <= 100; port += 1) {
      const publicKey = new Uint8Array(32).fill(port % 2 === 0 ? 0 : 0xff).fill(port, 31);
      liar.say([introduction({ ip: '203.0.113.9', port }, publicKey)]);
    }
    world.run(9_000);
    // How many of the keys are larger than alice's, and how many smaller, is chance.
    const atOnce = 2 * introducedDialsPerPeerMax;
    expect(bytesTo(world, '203.0.113.9')).toBeGreaterThan(0);
    expect(bytesTo(world, '203.0.113.9')).toBeLessThanOrEqual(atOnce * initBytes);
    world.run(600_000);
    const attempts = introducedAttemptsMax * introducedPerPeerMax;
    expect(bytesTo(world, '203.0.113.9')).toBe(attempts * initBytes);
  });

  test('one member that introduces all it may leaves room for what another one says', () => {
    const world = new NodeWorld();
    const alice = world.add('alice');
    const liar = new RawMember(world, alice, liarAddress);
    const honest = new RawMember(world, alice, { ip: '198.51.100.2', port: 5000 });
    for (let port = 1; port <= 64; port += 1) liar.say([introduction({ ip: '203.0.113.9', port })]);
    honest.say([introduction({ ip: '203.0.113.10', port: 5000 })]);
    world.run(9_000);
    expect(bytesTo(world, '203.0.113.10')).toBe(initBytes);
  });

  test.each([
    '0.0.0.0',
    '0.1.2.3',
    '127.0.0.1',
    '224.0.0.1',
    '239.255.255.255',
    '255.255.255.255',
    '::',
    '::1',
    'ff02::1',
    // Each interface has one of its own.
    'fe80::1',
    'febf:ffff::1',
  ])('nobody is dialled at %s', (ip) => {
    const world = new NodeWorld();
    const liar = new RawMember(world, world.add('alice'), liarAddress);
    liar.say([introduction({ ip, port: 5000 })]);
    world.run(9_000);
    expect(bytesTo(world, ip)).toBe(0);
  });

  test.each([
    { own: '192.0.2.1', dialled: ['203.0.113.9'] },
    { own: '0.0.0.0', dialled: ['203.0.113.9'] },
    { own: 'fd00::1', dialled: ['fd00::9'] },
    { own: '::', dialled: ['203.0.113.9', 'fd00::9'] },
  ])('a node that is bound to $own dials at $dialled alone', ({ own, dialled }) => {
    const world = new NodeWorld();
    const liar = new RawMember(
      world,
      world.add('alice', [], { address: { ip: own, port: 5000 } }),
      liarAddress,
    );
    const offered = ['203.0.113.9', 'fd00::9'];
    for (const ip of offered) liar.say([introduction({ ip, port: 5000 })]);
    world.run(9_000);
    expect(offered.filter((ip) => bytesTo(world, ip) > 0)).toEqual(dialled);
  });

  test('a node is not dialled by itself', () => {
    const world = new NodeWorld();
    const alice = world.add('alice', [], { ownIps: ['192.0.2.77'] });
    const liar = new RawMember(world, alice, liarAddress);
    const before = alice.bytes;
    for (const ip of [alice.address.ip, '192.0.2.77']) liar.say([introduction({ ip, port: 5000 })]);
    world.run(9_000);
    expect(bytesTo(world, '192.0.2.77')).toBe(0);
    expect(alice.bytes - before).toBeLessThan(initBytes);
  });

  test('a loopback address is dialled on the word of a member on the same machine', () => {
    const world = new NodeWorld();
    const local = new RawMember(world, world.add('alice'), { ip: '127.0.0.1', port: 4000 });
    local.say([introduction({ ip: '127.0.0.1', port: 5000 })]);
    world.run(9_000);
    expect(bytesTo(world, '127.0.0.1')).toBeGreaterThan(0);
  });

  test('a peer that has broken the protocol is not dialled', () => {
    const world = new NodeWorld();
    const alice = world.add('alice');
    const violator = new RawMember(world, alice, liarAddress);
    violator.write(Uint8Array.of(0xff));
    expect(eventsOf(alice, 'warning').map(({ code }) => code)).toEqual(['protocol-violation']);
    const other = new RawMember(world, alice, { ip: '198.51.100.2', port: 5000 });
    const elsewhere = { ip: '203.0.113.9', port: 5000 };
    for (let minutes = 0; minutes < 5; minutes += 1) {
      other.say([introduction(elsewhere, violator.identity.publicKey)]);
      world.run(60_000);
      other.say([{ type: 'ping' }]);
    }
    expect(bytesTo(world, elsewhere.ip)).toBe(0);
  });
});
