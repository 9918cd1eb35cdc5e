import { expect, test } from '@jest/globals';
import type { Event, PeerId } from '../../src/kernel/contract.ts';
import { peersKnownMax } from '../../src/ui/limits.ts';
import { Peers } from '../../src/ui/peers.ts';
import { wirePeerId } from '../../src/wires/common/peer-id.ts';

const at = (port: number) => ({ ip: '10.0.0.2', port });
const id = (port: number): PeerId => wirePeerId(at(port));
const joined = (name: string, port: number): Event => ({
  type: 'peer-joined',
  name,
  peerId: id(port),
  address: at(port),
});
const left = (name: string, port: number): Event => ({
  type: 'peer-left',
  name,
  peerId: id(port),
  reason: 'r',
});
const renamed = (was: string, name: string, port: number): Event => ({
  type: 'peer-renamed',
  was,
  name,
  peerId: id(port),
});

function peers(...events: readonly Event[]): Peers {
  const made = new Peers();
  for (const event of events) made.onEvent(event);
  return made;
}

test('a peer is found by its name and by its id', () => {
  const known = peers(joined('bob', 1), joined('carol', 2));
  expect(known.find('bob')).toEqual({ type: 'peer', peerId: id(1) });
  expect(known.find(id(2))).toEqual({ type: 'peer', peerId: id(2) });
  expect(known.find('Bob')).toEqual({ type: 'unknown' });
  expect(known.find('')).toEqual({ type: 'unknown' });
  expect(known.names).toEqual(['bob', 'carol']);
});

test('a name that two peers have is ambiguous, and their ids are not', () => {
  const known = peers(joined('bob', 1), joined('bob', 2));
  expect(known.find('bob')).toEqual({ type: 'ambiguous', peerIds: [id(1), id(2)] });
  expect(known.find(id(1))).toEqual({ type: 'peer', peerId: id(1) });
  expect(known.names).toEqual(['bob']);
});

test('a peer that is here is meant before one that has left; one that has left can still be meant', () => {
  const known = peers(joined('bob', 1), left('bob', 1));
  expect(known.names).toEqual([]);
  expect(known.find('bob')).toEqual({ type: 'peer', peerId: id(1) });
  known.onEvent(joined('bob', 2));
  expect(known.find('bob')).toEqual({ type: 'peer', peerId: id(2) });
  known.onEvent(left('bob', 2));
  expect(known.find('bob')).toEqual({ type: 'ambiguous', peerIds: [id(1), id(2)] });
});

test('after a rename, the new name is found and the old one is not', () => {
  const known = peers(joined('bob', 1), renamed('bob', 'rob', 1));
  expect(known.find('rob')).toEqual({ type: 'peer', peerId: id(1) });
  expect(known.find('bob')).toEqual({ type: 'unknown' });
});

test('above the bound, the peers gone longest are forgotten, and those who are here never', () => {
  const known = peers(joined('bob', 1), joined('carol', 2), left('carol', 2));
  for (let port = 3; port < peersKnownMax + 3; port += 1) known.onEvent(left(`gone-${port}`, port));
  expect(known.find('bob')).toEqual({ type: 'peer', peerId: id(1) });
  expect(known.find('carol')).toEqual({ type: 'unknown' });
  expect(known.find(`gone-${peersKnownMax + 2}`)).toMatchObject({ type: 'peer' });
});
