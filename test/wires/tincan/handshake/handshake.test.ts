/** Both machines together, over a path that loses, doubles and holds back. */
import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { toHex } from '../../../../src/kernel/bytes.ts';
import type { Crypto } from '../../../../src/wires/tincan/crypto.ts';
import {
  encodeInit,
  encodeResponse,
  initHeader,
  parseDatagram,
} from '../../../../src/wires/tincan/codec/datagram.ts';
import { decodeHello, encodeHello, fingerprintOf } from '../../../../src/wires/tincan/handshake/handshake.ts';
import type { Established, HandshakeSettings } from '../../../../src/wires/tincan/handshake/handshake.ts';
import { nameMaxBytes } from '../../../../src/kernel/limits.ts';
import { Initiator } from '../../../../src/wires/tincan/handshake/initiator.ts';
import { handshakeGiveUpMs } from '../../../../src/wires/tincan/limits.ts';
import { RoomMac } from '../../../../src/wires/tincan/handshake/strangers.ts';
import { PacketOpener, PacketSealer } from '../../../../src/wires/tincan/delivery/packet.ts';
import { Responder } from '../../../../src/wires/tincan/handshake/responder.ts';
import { keyPairFromPrivate, nodeCrypto } from '../../../../src/runtime/crypto.ts';
import { SeenInits } from '../../../../src/wires/tincan/handshake/seen-inits.ts';
import {
  alice,
  aliceHello,
  answered,
  contextOf,
  exchange,
  parsed,
  sent,
  settingsOf,
} from './handshake-pair.ts';

/** The first 8 bytes of SHA-256 over messages 1, 2 and 3 and both keys; change them only with the version. */
const goldenRoom = [
  '67d6d5de942b1ab3',
  '0ce11474b3874f70',
  '7bf5355fab3df2a2',
  '9a64f3358757689f',
  'a5c607377dfc630d',
];
const goldenOpen = [
  '81b91089aa16dcf2',
  'b7a571e5cfc6ea83',
  'c040e5f22f8fa3ed',
  '3974adee8f1b00be',
  'b9f0355c5e69088f',
];

/** What the path does to one datagram: how late each copy of it comes, ms. None: it is lost. */
type Fate = readonly number[];

interface Flight {
  readonly at: number;
  readonly to: 'initiator' | 'responder';
  readonly bytes: Uint8Array;
}

interface Outcome {
  readonly opened: Established | undefined;
  readonly accepted: readonly Established[];
  readonly gaveUpAt: number;
}

/** Runs one attempt to its end in virtual time; each datagram takes the next fate, and those beyond come through. */
function run(fates: readonly Fate[]): Outcome {
  const initiator = new Initiator(settingsOf(), 0);
  const responder = new Responder(settingsOf());
  const flights: Flight[] = [];
  const accepted: Established[] = [];
  let opened: Established | undefined;
  let sends = 0;
  const send = (at: number, to: Flight['to'], bytes: Uint8Array): void => {
    for (const delayMs of fates[sends] ?? [20]) flights.push({ at: at + delayMs, to, bytes });
    sends += 1;
  };
  const take = ({ at, to, bytes }: Flight): void => {
    const datagram = parseDatagram(bytes);
    if (to === 'responder' && datagram.type === 'init') {
      const outcome = responder.receiveInit(datagram, contextOf({ now: at }));
      if (outcome.type === 'answer') send(at, 'initiator', outcome.bytes);
    } else if (to === 'responder' && datagram.type === 'finish') {
      const outcome = responder.receiveFinish(datagram, alice, at);
      if (outcome.type === 'established') accepted.push(outcome.session);
    } else if (datagram.type === 'cookie') {
      initiator.receiveCookie(datagram);
    } else if (datagram.type === 'response' && initiator.receiveResponse(datagram, at).type === 'responded') {
      const finished = initiator.finish(aliceHello, at);
      opened = finished.session;
      send(at, 'responder', finished.finish);
    }
  };
  let gaveUpAt = Number.POSITIVE_INFINITY;
  for (let steps = 0; steps < 200; steps += 1) {
    const hasGivenUp = gaveUpAt < Number.POSITIVE_INFINITY;
    const [next] = flights.toSorted((left, right) => left.at - right.at);
    if (next !== undefined && (hasGivenUp || next.at <= initiator.deadline)) {
      flights.splice(flights.indexOf(next), 1);
      // What comes for an attempt that was given up finds nobody.
      if (!hasGivenUp || next.to === 'responder') take(next);
    } else if (hasGivenUp) {
      return { opened, accepted, gaveUpAt };
    } else {
      const { deadline } = initiator;
      const step = initiator.timeout(deadline);
      if (step.type === 'gave-up') gaveUpAt = deadline;
      if (step.type === 'send') send(deadline, 'responder', step.bytes);
    }
  }
  throw new Error('after 200 steps the attempt should have come to its end');
}

const copyDelayMs = fc.oneof(fc.constant(20), fc.nat({ max: 3_000 }));

test('whatever is lost, doubled and held back, there is at most one session, and both sides have the same one', () => {
  const counts = { both: 0, none: 0 };
  fc.assert(
    fc.property(fc.array(fc.array(copyDelayMs, { maxLength: 3 }), { maxLength: 12 }), (fates) => {
      const { opened, accepted, gaveUpAt } = run(fates);
      const [session] = accepted;
      expect(accepted.length).toBeLessThanOrEqual(1);
      expect(gaveUpAt).toBe(handshakeGiveUpMs);
      if (session === undefined || opened === undefined) {
        counts.none += 1;
        return;
      }
      counts.both += 1;
      const sealer = new PacketSealer({
        sendKey: opened.sendKey,
        receiverIndex: opened.remoteIndex,
        crypto: nodeCrypto,
      });
      const opener = new PacketOpener({ receiveKey: session.receiveKey, crypto: nodeCrypto });
      expect(opener.open(sealer.seal(Uint8Array.of(7)).bytes)).toMatchObject({ frames: Uint8Array.of(7) });
    }),
    { numRuns: 300 },
  );
  expect(counts.both).toBeGreaterThan(100);
});

test('one attempt gets through while no more than the first two of each message are lost', () => {
  const lost: Fate = [];
  const through: Fate = [20];
  const { opened, accepted } = run([lost, lost, through, lost, through, through, lost, lost, through]);
  expect(opened?.sendKey).toBeDefined();
  expect(accepted.map((session) => session.receiveKey)).toEqual([opened?.sendKey]);
});

test.each([
  ['a room', new Uint8Array(32).fill(7), goldenRoom],
  ['the open', undefined, goldenOpen],
])('in %s, the bytes on the wire are those of version 2', (_, roomKey, expected) => {
  const side = (seed: number, index: number): HandshakeSettings => {
    let draws = seed;
    const crypto: Crypto = {
      ...nodeCrypto,
      generateKeyPair() {
        draws += 1;
        return keyPairFromPrivate(new Uint8Array(32).fill(draws));
      },
    };
    return {
      identity: keyPairFromPrivate(new Uint8Array(32).fill(seed)),
      roomKey,
      crypto,
      newIndex: () => index,
      seenInits: new SeenInits(),
    };
  };
  const { init, response, finish, session } = exchange(side(10, 0x0102_0304), side(20, 0xf1f2_f3f4));
  expect([init, response, finish].map((bytes) => bytes.length)).toEqual([1_200, 125, 93]);
  const digests = [init, response, finish, session.sendKey, session.receiveKey].map((bytes) =>
    toHex(nodeCrypto.sha256(bytes)).slice(0, 16),
  );
  expect(digests).toEqual(expected);
});

test('in the open, a sender index that was changed on the way, and changed back in the answer, is refused', () => {
  const settings = settingsOf({ roomKey: undefined });
  const mac = new RoomMac(settings.crypto, undefined);
  const initiator = new Initiator(settings, 0);
  const init = parsed(sent(initiator, 0), 'init');
  const header = initHeader(7);
  const { noise, cookie } = init;
  const changed = encodeInit({ header, noise, mac1: mac.of(header, noise), cookie });
  const responder = new Responder(settingsOf({ roomKey: undefined }));
  const answer = parsed(answered(responder.receiveInit(parsed(changed, 'init'), contextOf())), 'response');
  expect(answer.receiverIndex).toBe(7);
  const changedBack = encodeResponse(initiator.localIndex, answer.noise, mac);
  expect(initiator.receiveResponse(parsed(changedBack, 'response'), 1)).toEqual({
    type: 'dropped',
    reason: 'forged',
  });
});

// ---- What the two tell each other, and how a peer is known ------------------------------------------------------------

test('any name within the limits comes back from a hello as it went', () => {
  const name = fc
    .string({ unit: 'binary', minLength: 1, maxLength: 16 })
    .filter((text) => text.isWellFormed() && Buffer.byteLength(text) <= nameMaxBytes);
  fc.assert(
    fc.property(name, (text) => {
      expect(decodeHello(encodeHello({ name: text }))).toEqual({ name: text });
    }),
  );
});

test('any bytes as a hello are either refused or have this one encoding', () => {
  const outcomes = { refused: 0, taken: 0 };
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat({ max: 70 }), (bytes, nameLength) => {
      for (const candidate of [bytes, Uint8Array.of(nameLength, ...Buffer.alloc(nameLength, 'n'))]) {
        const hello = decodeHello(candidate);
        outcomes[hello === undefined ? 'refused' : 'taken'] += 1;
        expect(hello === undefined ? candidate : encodeHello(hello)).toEqual(candidate);
      }
    }),
  );
  expect(outcomes.refused).toBeGreaterThan(10);
  expect(outcomes.taken).toBeGreaterThan(10);
});

test.each([
  ['no bytes', []],
  ['an empty name', [0]],
  ['a name longer than the rest', [3, 0x61, 0x62]],
  ['a name that is not UTF-8', [1, 0xff]],
  ['a name over 64 bytes', [65, ...Buffer.alloc(65, 'n')]],
  ['a name with bytes behind it', [1, 0x61, 0x62]],
])('a hello with %s is refused', (_, bytes) => {
  expect(decodeHello(Uint8Array.from(bytes))).toBeUndefined();
});

test('a hello that cannot be encoded is our own bug', () => {
  expect(() => encodeHello({ name: '' })).toThrow('1 to 64 bytes');
  expect(() => encodeHello({ name: 'n'.repeat(65) })).toThrow('1 to 64 bytes');
  expect(() => encodeHello({ name: '\ud800' })).toThrow('1 to 64 bytes');
});

test('a fingerprint shows 128 bits of the key, in groups that can be read aloud', () => {
  // SHA-256 of 32 zero bytes starts with 66687aadf862bd776c8fc18b8e9f8e20.
  expect(fingerprintOf(nodeCrypto, new Uint8Array(32))).toBe('6668-7aad-f862-bd77-6c8f-c18b-8e9f-8e20');
});

test('one bit more or less in the key is another fingerprint', () => {
  const key = new Uint8Array(32);
  key[31] = 1;
  expect(fingerprintOf(nodeCrypto, key)).not.toBe(fingerprintOf(nodeCrypto, new Uint8Array(32)));
});
