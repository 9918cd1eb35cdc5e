import { expect, test } from '@jest/globals';
import { addressee } from '../../../src/ui/terminal/addressee.ts';
import { Peers } from '../../../src/ui/peers.ts';
import { wirePeerId } from '../../../src/wires/common/peer-id.ts';

const ids = [1, 2, 3, 4].map((host) => wirePeerId({ ip: `10.0.0.${host}`, port: 5000 }));
const peers = new Peers();
for (const [index, name] of ['bob', 'bob smith', 'twin', 'twin'].entries()) {
  const peerId = ids[index];
  if (peerId !== undefined) {
    peers.onEvent({ type: 'peer-joined', name, peerId, address: { ip: '::1', port: 1 } });
  }
}

test('of the names that fit, the longest that somebody has is meant', () => {
  expect(addressee('bob see you', peers)).toEqual({
    type: 'peer',
    peerId: ids[0],
    name: 'bob',
    text: 'see you',
  });
  expect(addressee('bob smith  hi', peers)).toMatchObject({ peerId: ids[1], text: 'hi' });
  expect(addressee('bob smith', peers)).toMatchObject({ peerId: ids[1], text: '' });
});

test('an id says who is meant where names do not', () => {
  expect(addressee('twin hi', peers)).toEqual({ type: 'ambiguous', name: 'twin', peerIds: [ids[2], ids[3]] });
  expect(addressee(`${ids[3]} hi`, peers)).toMatchObject({ type: 'peer', peerId: ids[3], text: 'hi' });
});

test('a name that nobody has is unknown', () => {
  expect(addressee('eve hi', peers)).toEqual({ type: 'unknown', name: 'eve' });
});
