import { describe, expect, test } from '@jest/globals';
import { fingerprintOf } from '../../../../src/wires/tincan/handshake/handshake.ts';
import {
  followerReserveBytes,
  incomingReserveBytes,
  knownPlacesShare,
  logMaxBytes,
  peersPerSourceMax,
  waitingSaysMaxBytes,
} from '../../../../src/wires/tincan/limits.ts';
import { nodeCrypto } from '../../../../src/runtime/crypto.ts';
import { NodeWorld, eventsOf } from '../node-world.ts';
import { RawMember } from '../raw-member.ts';

describe('a room that one stranger wants for itself', () => {
  test('many keys from one address get a few places, and leave the rest to others', () => {
    const world = new NodeWorld();
    const alice = world.add('alice');
    for (let port = 1; port <= peersPerSourceMax + 20; port += 1) {
      new RawMember(world, alice, { ip: '198.51.100.1', port }).say([{ type: 'ping' }]);
      world.run(60);
    }
    expect(eventsOf(alice, 'peer-joined')).toHaveLength(peersPerSourceMax);
    // They are silent, count as away, and still take their source's places alone.
    world.run(60_000);
    const bob = world.add('bob', ['alice']);
    world.run(1_000);
    expect(eventsOf(bob, 'peer-joined')).toHaveLength(1);
  });

  test('keys from many addresses leave the places of those who are configured, or known by their key', () => {
    const places = 16;
    const world = new NodeWorld();
    const identity = nodeCrypto.generateKeyPair();
    const alice = world.add('alice', ['bob'], {
      memoryMaxBytes:
        logMaxBytes + waitingSaysMaxBytes + places * (incomingReserveBytes + followerReserveBytes),
      knownPeers: new Map([['carol', fingerprintOf(nodeCrypto, identity.publicKey)]]),
    });
    for (let host = 1; host <= places; host += 1) {
      new RawMember(world, alice, { ip: `198.51.100.${host}`, port: 5000 }).say([{ type: 'ping' }]);
    }
    expect(eventsOf(alice, 'peer-joined')).toHaveLength(places - places * knownPlacesShare - 1);
    world.add('dave', ['alice']);
    world.add('carol', ['alice'], { identity });
    world.add('bob', ['alice']);
    world.run(5_000);
    const joined = eventsOf(alice, 'peer-joined').map(({ name }) => name);
    expect(joined.filter((name) => !name.startsWith('raw')).toSorted()).toEqual(['bob', 'carol']);
  });
});
