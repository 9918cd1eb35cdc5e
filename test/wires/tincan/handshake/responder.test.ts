import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { sameAddress } from '../../../../src/kernel/address.ts';
import type { Address } from '../../../../src/kernel/contract.ts';
import { compareBytes, readUint32 } from '../../../../src/kernel/bytes.ts';
import type { Crypto } from '../../../../src/wires/tincan/crypto.ts';
import {
  encodeFinish,
  encodeInit,
  initHeader,
  initPadding,
  parseDatagram,
} from '../../../../src/wires/tincan/codec/datagram.ts';
import type { FinishMessage } from '../../../../src/wires/tincan/codec/datagram.ts';
import { encodeHello, startHandshake } from '../../../../src/wires/tincan/handshake/handshake.ts';
import type { HandshakeSettings } from '../../../../src/wires/tincan/handshake/handshake.ts';
import { Initiator } from '../../../../src/wires/tincan/handshake/initiator.ts';
import {
  cookieFromHalfOpen,
  cookieSecretMs,
  forgedMessagesMax,
  halfOpenMax,
  halfOpenPerKnownMax,
  halfOpenPerSourceMax,
  handshakeGiveUpMs,
  handshakesBurst,
} from '../../../../src/wires/tincan/limits.ts';
import { RoomMac } from '../../../../src/wires/tincan/handshake/strangers.ts';
import { readMessage, writeMessage } from '../../../../src/wires/tincan/handshake/noise.ts';
import { Responder } from '../../../../src/wires/tincan/handshake/responder.ts';
import { nodeCrypto } from '../../../../src/runtime/crypto.ts';
import {
  accepted,
  alice,
  answered,
  bobHello,
  contextOf,
  exchange,
  flipped,
  must,
  parsed,
  sent,
  settingsOf,
} from './handshake-pair.ts';

const modes = [
  ['a room', new Uint8Array(32).fill(7)],
  ['the open', undefined],
] as const;

/** A fresh, honest message 1. */
function freshInit(): Uint8Array {
  return sent(new Initiator(settingsOf(), 0), 0);
}

/** Message 3 with one bit of its Noise message turned over, under a mac1 that fits. */
function forgedFinish(message: FinishMessage, mac: RoomMac, bit: number): FinishMessage {
  const covered = flipped(message.covered, 56 + bit);
  return { ...message, covered, noise: covered.subarray(7), mac1: mac.of(covered) };
}

/** An address of its own for each index. */
function hostOf(index: number): { ip: string; port: number } {
  return { ip: `198.18.${index >> 8}.${index & 255}`, port: 5000 };
}

/** Settings of a responder, and how many of the session indices that they gave are held by half-open handshakes. */
function counted(changes: Partial<HandshakeSettings> = {}): {
  settings: HandshakeSettings;
  halfOpen: (responder: Responder) => number;
} {
  const given: number[] = [];
  const { newIndex, ...rest } = settingsOf(changes);
  const settings = {
    ...rest,
    newIndex() {
      const index = newIndex();
      given.push(index);
      return index;
    },
  };
  return { settings, halfOpen: (responder) => given.filter((index) => responder.hasIndex(index)).length };
}

test('a stranger with another room key, or with none, gets no answer and leaves no state', () => {
  for (const roomKey of [new Uint8Array(32).fill(1), undefined]) {
    const { settings, halfOpen } = counted();
    const responder = new Responder(settings);
    const init = parsed(sent(new Initiator(settingsOf({ roomKey }), 0), 0), 'init');
    expect(responder.receiveInit(init, contextOf())).toEqual({ type: 'dropped', reason: 'bad-mac1' });
    expect(halfOpen(responder)).toBe(0);
  }
});

test('a member of the open room gets no answer from a node with a room key, nor the other way round', () => {
  const init = parsed(freshInit(), 'init');
  expect(new Responder(settingsOf({ roomKey: undefined })).receiveInit(init, contextOf()).type).toBe(
    'dropped',
  );
});

test.each(modes)(
  'in %s, with any bit of message 1 turned over there is no answer and no state',
  (_, roomKey) => {
    const { settings, halfOpen } = counted({ roomKey });
    const responder = new Responder(settings);
    const init = sent(new Initiator(settingsOf({ roomKey }), 0), 0);
    const cookieFrom = init.length - 16;
    fc.assert(
      fc.property(fc.nat({ max: 8 * cookieFrom - 1 }), (bit) => {
        const datagram = parseDatagram(flipped(init, bit));
        // A type byte turned over may well give another shape, of which a responder never hears.
        const outcome =
          datagram.type === 'init' ? responder.receiveInit(datagram, contextOf()) : { type: 'dropped' };
        expect(outcome.type).toBe('dropped');
        expect(halfOpen(responder)).toBe(0);
      }),
    );
    answered(responder.receiveInit(parsed(init, 'init'), contextOf()));
  },
);

test.each(modes)(
  'in %s, with any bit of message 3 turned over nothing happens, and the true one still counts',
  (_, roomKey) => {
    const { settings, halfOpen } = counted({ roomKey });
    const { responder, finish } = exchange(settingsOf({ roomKey }), settings);
    fc.assert(
      fc.property(fc.nat({ max: 8 * finish.length - 1 }), (bit) => {
        const datagram = parseDatagram(flipped(finish, bit));
        const outcome =
          datagram.type === 'finish' ? responder.receiveFinish(datagram, alice, 50) : { type: 'dropped' };
        expect(outcome.type).toBe('dropped');
        expect(halfOpen(responder)).toBe(1);
      }),
    );
    expect(accepted(responder, finish).role).toBe('responder');
    expect(halfOpen(responder)).toBe(0);
  },
);

test('in the open, where anybody can make a mac1, the transcript still refuses what was changed', () => {
  const settings = settingsOf({ roomKey: undefined });
  const { responder, finish } = exchange(settingsOf({ roomKey: undefined }), settings);
  const mac = new RoomMac(settings.crypto, undefined);
  const message = parsed(finish, 'finish');
  for (let forgery = 1; forgery < forgedMessagesMax; forgery += 1) {
    expect(responder.receiveFinish(forgedFinish(message, mac, 29 * forgery), alice, 50)).toEqual({
      type: 'dropped',
      reason: 'forged',
    });
  }
  expect(accepted(responder, finish).role).toBe('responder');
});

test('a few messages 3 that do not verify end the half-open handshake, so that each costs no key agreement for ever', () => {
  const settings = settingsOf({ roomKey: undefined });
  let agreements = 0;
  const crypto: Crypto = {
    ...nodeCrypto,
    diffieHellman(...keys) {
      agreements += 1;
      return nodeCrypto.diffieHellman(...keys);
    },
  };
  const { responder, finish } = exchange(settingsOf({ roomKey: undefined }), { ...settings, crypto });
  // The static key in it is true, the payload is not: that shows only after a key agreement.
  const message = parsed(finish, 'finish');
  const forged = forgedFinish(message, new RoomMac(crypto, undefined), 8 * message.noise.length - 1);
  const before = agreements;
  for (let count = 0; count < 1_000; count += 1) responder.receiveFinish(forged, alice, 50);
  expect(agreements - before).toBe(forgedMessagesMax);
  expect(responder.hasIndex(message.receiverIndex)).toBe(false);
});

test('in the open, a message 1 whose padding is not zero is refused', () => {
  const settings = settingsOf({ roomKey: undefined });
  const header = initHeader(5);
  const padding = initPadding(false);
  padding[padding.length - 1] = 1;
  const written = writeMessage(startHandshake(settings, 'initiator', header), padding);
  if (written === undefined) throw new Error('message 1 needs no key of the other side');
  const noise = written.message;
  const mac1 = new RoomMac(settings.crypto, undefined).of(header, noise);
  const init = parsed(encodeInit({ header, noise, mac1, cookie: new Uint8Array(16) }), 'init');
  const own = counted({ roomKey: undefined });
  const responder = new Responder(own.settings);
  expect(responder.receiveInit(init, contextOf())).toEqual({ type: 'dropped', reason: 'malformed' });
  expect(own.halfOpen(responder)).toBe(0);
});

test('message 1 repeated by its sender gets the same message 2, and no second state', () => {
  const { settings, halfOpen } = counted();
  const { responder, init, response } = exchange(settingsOf(), settings);
  const again = answered(responder.receiveInit(parsed(init, 'init'), contextOf({ now: 500 })));
  expect(again).toEqual(response);
  expect(halfOpen(responder)).toBe(1);
});

test('what is sent or received may be overwritten afterwards, and nothing else changes', () => {
  const responder = new Responder(settingsOf());
  const initiator = new Initiator(settingsOf(), 0);
  const init = sent(initiator, 0);
  const buffer = Buffer.from(init);
  const first = answered(responder.receiveInit(parsed(buffer, 'init'), contextOf()));
  const response = Uint8Array.from(first);
  buffer.fill(0);
  first.fill(0);
  const second = answered(responder.receiveInit(parsed(init, 'init'), contextOf()));
  expect(second).toEqual(response);
  second.fill(0);
  expect(answered(responder.receiveInit(parsed(init, 'init'), contextOf()))).toEqual(response);
});

test('message 3 counts from where message 1 came alone, and a copy from elsewhere does not use it up', () => {
  const { responder, finish } = exchange();
  const elsewhere = { ...alice, ip: '192.0.2.66' };
  expect(responder.receiveFinish(parsed(finish, 'finish'), elsewhere, 50)).toEqual({
    type: 'dropped',
    reason: 'wrong-address',
  });
  expect(accepted(responder, finish).role).toBe('responder');
});

test('message 1 replayed from elsewhere, or when its handshake is over, gets no answer and leaves no state', () => {
  const replayed = { type: 'dropped', reason: 'replayed' };
  const { settings, halfOpen } = counted();
  const { responder, init, finish } = exchange(settingsOf(), settings);
  const message = parsed(init, 'init');
  const elsewhere = { ...alice, ip: '192.0.2.66' };
  expect(responder.receiveInit(message, contextOf({ from: elsewhere }))).toEqual(replayed);
  accepted(responder, finish);
  expect(responder.receiveInit(message, contextOf({ now: 100 }))).toEqual(replayed);
  expect(responder.receiveInit(message, contextOf({ now: 86_400_000 }))).toEqual(replayed);
  expect(halfOpen(responder)).toBe(0);
});

test('message 3 counts once, also when its message 1 is replayed with it', () => {
  const { responder, init, finish } = exchange();
  accepted(responder, finish);
  const unknownIndex = { type: 'dropped', reason: 'unknown-index' };
  expect(responder.receiveFinish(parsed(finish, 'finish'), alice, 70)).toEqual(unknownIndex);
  const { localIndex } = exchange().session;
  const restarted = new Responder(settingsOf({ newIndex: () => localIndex }));
  answered(restarted.receiveInit(parsed(init, 'init'), contextOf()));
  expect(
    restarted.receiveFinish({ ...parsed(finish, 'finish'), receiverIndex: localIndex }, alice, 70),
  ).toEqual({
    type: 'dropped',
    reason: 'forged',
  });
});

test('message 3 after the half-open handshake has expired is dropped', () => {
  const { settings, halfOpen } = counted();
  const { responder, finish } = exchange(settingsOf(), settings);
  expect(responder.receiveFinish(parsed(finish, 'finish'), alice, handshakeGiveUpMs)).toMatchObject({
    reason: 'unknown-index',
  });
  expect(halfOpen(responder)).toBe(0);
});

test('message 3 from a holder of our own key is dropped', () => {
  const settings = settingsOf();
  const responder = new Responder(settings);
  // Step by step, as our own initiator refuses already when it reads message 2.
  const header = initHeader(5);
  const mac = new RoomMac(settings.crypto, settings.roomKey);
  const first = must(writeMessage(startHandshake(settings, 'initiator', header), initPadding(true)));
  const { message: noise } = first;
  const init = encodeInit({ header, noise, mac1: mac.of(header, noise), cookie: new Uint8Array(16) });
  const response = parsed(answered(responder.receiveInit(parsed(init, 'init'), contextOf())), 'response');
  const second = must(readMessage(first.state, response.noise));
  const third = must(writeMessage(second.state, encodeHello(bobHello)));
  const finish = encodeFinish(readUint32(second.payload, 0), third.message, mac);
  expect(responder.receiveFinish(parsed(finish, 'finish'), alice, 1)).toEqual({
    type: 'dropped',
    reason: 'own-key',
  });
});

test('no answer is larger than what it answers', () => {
  const responder = new Responder(settingsOf());
  const longest = { name: 'n'.repeat(64) };
  const kinds = new Set<string>();
  for (let index = 0; index < 20; index += 1) {
    const init = freshInit();
    const outcome = responder.receiveInit(parsed(init, 'init'), contextOf({ hello: longest }));
    if (outcome.type !== 'answer') continue;
    kinds.add(outcome.kind);
    expect(outcome.bytes.length).toBeLessThan(init.length);
  }
  expect(kinds).toEqual(new Set(['response', 'cookie']));
});

test('of two attempts that cross, the one with the lower ephemeral key is answered, and only that one', () => {
  for (let round = 0; round < 8; round += 1) {
    const sides = [settingsOf(), settingsOf()].map((settings) => ({
      initiator: new Initiator(settings, 0),
      responder: new Responder(settings),
    }));
    const [first, second] = sides;
    if (first === undefined || second === undefined) throw new Error('there are two sides');
    const firstWins = compareBytes(first.initiator.ephemeral, second.initiator.ephemeral) < 0;
    const atSecond = second.responder.receiveInit(
      parsed(sent(first.initiator, 0), 'init'),
      contextOf({ ownEphemeral: () => second.initiator.ephemeral }),
    );
    const atFirst = first.responder.receiveInit(
      parsed(sent(second.initiator, 0), 'init'),
      contextOf({ ownEphemeral: () => first.initiator.ephemeral }),
    );
    const [atLower, atHigher] = firstWins ? [atFirst, atSecond] : [atSecond, atFirst];
    expect(atLower).toEqual({ type: 'dropped', reason: 'simultaneous' });
    expect(atHigher).toMatchObject({ type: 'answer', kind: 'response' });
  }
});

test('a message 1 that the node has sent itself gets no answer from it, not even when its attempt is over', () => {
  const settings = settingsOf();
  const init = parsed(sent(new Initiator(settings, 0), 0), 'init');
  const responder = new Responder(settings);
  for (const now of [0, 5_000, 86_400_000]) {
    expect(responder.receiveInit(init, contextOf({ now }))).toEqual({ type: 'dropped', reason: 'replayed' });
  }
});

test('a message 1 that was dropped as simultaneous gets no answer when it is replayed', () => {
  const [settings, other] = [settingsOf(), settingsOf()];
  const lowest = new Uint8Array(32);
  const responder = new Responder(settings);
  const init = parsed(sent(new Initiator(other, 0), 0), 'init');
  const simultaneous = { type: 'dropped', reason: 'simultaneous' };
  expect(responder.receiveInit(init, contextOf({ ownEphemeral: () => lowest }))).toEqual(simultaneous);
  const replayed = { type: 'dropped', reason: 'replayed' };
  const elsewhere = contextOf({ from: hostOf(1) });
  expect(responder.receiveInit(init, elsewhere)).toEqual(replayed);
  expect(responder.receiveInit(init, contextOf({ now: handshakeGiveUpMs }))).toEqual(replayed);
  // Its sender repeats it, and finds that our own attempt has led nowhere.
  answered(responder.receiveInit(init, contextOf({ now: handshakeGiveUpMs - 1 })));
});

test('a message 1 that only got a cookie, or silence, gets no answer when it is replayed', () => {
  const responder = new Responder(settingsOf());
  for (let index = 0; index < handshakesBurst; index += 1) {
    answered(responder.receiveInit(parsed(freshInit(), 'init'), contextOf()));
  }
  const init = parsed(freshInit(), 'init');
  answered(responder.receiveInit(init, contextOf()), 'cookie');
  const elsewhere = contextOf({ from: hostOf(1), now: 1_000 });
  expect(responder.receiveInit(init, elsewhere)).toEqual({ type: 'dropped', reason: 'replayed' });
});

test('a source beyond its burst has to bring the cookie, and then gets through', () => {
  const { settings, halfOpen } = counted();
  const responder = new Responder(settings);
  for (let index = 0; index < handshakesBurst; index += 1) {
    answered(responder.receiveInit(parsed(freshInit(), 'init'), contextOf()));
  }
  const initiator = new Initiator(settingsOf(), 0);
  const cookie = answered(responder.receiveInit(parsed(sent(initiator, 0), 'init'), contextOf()), 'cookie');
  expect(halfOpen(responder)).toBe(handshakesBurst);
  const before = initiator.deadline;
  expect(initiator.receiveCookie(parsed(cookie, 'cookie'))).toBeUndefined();
  // Kept for the next repetition: answering the smaller cookie with the larger message 1 at once would be a gift to forgers.
  expect(initiator.deadline).toBe(before);
  const repeated = parsed(sent(initiator, before ?? 0), 'init');
  answered(responder.receiveInit(repeated, contextOf()));
  expect(halfOpen(responder)).toBe(handshakesBurst + 1);
});

test('a cookie from elsewhere, for another message, forged or outlived asks for a cookie again', () => {
  const { settings, halfOpen } = counted();
  const responder = new Responder(settings);
  const useUpBurst = (now: number): void => {
    for (let index = 0; index < handshakesBurst; index += 1) {
      answered(responder.receiveInit(parsed(freshInit(), 'init'), contextOf({ now })));
    }
  };
  useUpBurst(0);
  const init = parsed(freshInit(), 'init');
  const { cookie } = parsed(answered(responder.receiveInit(init, contextOf()), 'cookie'), 'cookie');
  const asksForCookie = { type: 'answer', kind: 'cookie' };
  for (let bit = 0; bit < 128; bit += 1) {
    const forged = { ...init, cookie: flipped(cookie, bit) };
    expect(responder.receiveInit(forged, contextOf())).toMatchObject(asksForCookie);
  }
  const other = { ...parsed(freshInit(), 'init'), cookie };
  expect(responder.receiveInit(other, contextOf())).toMatchObject(asksForCookie);
  const otherPort = contextOf({ from: { ...alice, port: 1 } });
  const replayed = { type: 'dropped', reason: 'replayed' };
  expect(responder.receiveInit({ ...init, cookie }, otherPort)).toEqual(replayed);
  useUpBurst(cookieSecretMs);
  const late = contextOf({ now: cookieSecretMs });
  expect(responder.receiveInit({ ...init, cookie }, late)).toEqual(replayed);
  expect(halfOpen(responder)).toBe(handshakesBurst);
});

test('a cookie reply with any bit turned over is dropped by the initiator', () => {
  const responder = new Responder(settingsOf());
  for (let index = 0; index < handshakesBurst; index += 1) {
    answered(responder.receiveInit(parsed(freshInit(), 'init'), contextOf()));
  }
  const initiator = new Initiator(settingsOf(), 0);
  const reply = answered(responder.receiveInit(parsed(sent(initiator, 0), 'init'), contextOf()), 'cookie');
  for (let bit = 8; bit < 8 * reply.length; bit += 1) {
    expect(initiator.receiveCookie(parsed(flipped(reply, bit), 'cookie'))?.type).toBe('dropped');
  }
  expect(initiator.receiveCookie(parsed(reply, 'cookie'))).toBeUndefined();
  const other = new Initiator(settingsOf({ newIndex: () => initiator.localIndex }), 0);
  expect(other.receiveCookie(parsed(reply, 'cookie'))).toEqual({ type: 'dropped', reason: 'bad-mac1' });
});

test('with many handshakes half open, every source has to bring a cookie', () => {
  const { settings, halfOpen } = counted();
  const responder = new Responder(settings);
  for (let index = 0; index < cookieFromHalfOpen; index += 1) {
    answered(responder.receiveInit(parsed(freshInit(), 'init'), contextOf({ from: hostOf(index) })));
  }
  const from = hostOf(cookieFromHalfOpen);
  answered(responder.receiveInit(parsed(freshInit(), 'init'), contextOf({ from })), 'cookie');
  expect(halfOpen(responder)).toBe(cookieFromHalfOpen);
});

test('a flood that answers its cookies fills its own share, then the table, and no more; later there is room again', () => {
  const { settings, halfOpen } = counted();
  const responder = new Responder(settings);
  let now = 0;
  const knock = (from: { ip: string; port: number }): string => {
    const init = parsed(freshInit(), 'init');
    const outcome = responder.receiveInit(init, contextOf({ from, now }));
    if (outcome.type === 'dropped') return outcome.reason;
    if (outcome.kind === 'response') return outcome.kind;
    const { cookie } = parsed(outcome.bytes, 'cookie');
    const second = responder.receiveInit({ ...init, cookie }, contextOf({ from, now }));
    return second.type === 'dropped' ? second.reason : second.kind;
  };
  const fromOne = new Set<string>();
  for (now = 0; now < 5_000; now += 10) fromOne.add(knock(alice));
  expect(fromOne).toEqual(new Set(['response', 'rate', 'half-open-full']));
  expect(halfOpen(responder)).toBe(halfOpenPerSourceMax);
  for (let index = 0; index < halfOpenMax - halfOpenPerSourceMax; index += 1) {
    expect(knock(hostOf(index))).toBe('response');
  }
  expect(halfOpen(responder)).toBe(halfOpenMax);
  expect(knock(hostOf(halfOpenMax))).toBe('half-open-full');
  now += handshakeGiveUpMs;
  expect(knock(hostOf(halfOpenMax))).toBe('response');
  expect(halfOpen(responder)).toBe(1);
});

test('five addresses that keep the table full do not keep out an address at which somebody is known', () => {
  const { settings, halfOpen } = counted();
  const responder = new Responder(settings);
  const known = { ...alice, port: 7 };
  let now = 0;
  const knock = (from: Address): string => {
    const isKnown = (): boolean => sameAddress(from, known);
    const init = parsed(freshInit(), 'init');
    const outcome = responder.receiveInit(init, contextOf({ from, now, isKnown }));
    if (outcome.type === 'dropped') return outcome.reason;
    if (outcome.kind === 'response') return outcome.kind;
    const { cookie } = parsed(outcome.bytes, 'cookie');
    const second = responder.receiveInit({ ...init, cookie }, contextOf({ from, now, isKnown }));
    return second.type === 'dropped' ? second.reason : second.kind;
  };
  // One of the five shares its IP with the one that is known.
  for (; now < 5_000; now += 10) for (const from of [alice, ...[1, 2, 3, 4].map(hostOf)]) knock(from);
  expect(halfOpen(responder)).toBe(halfOpenMax);
  expect(knock(hostOf(5))).toBe('half-open-full');
  const outcomes = Array.from({ length: 10 }, () => knock(known));
  expect(outcomes.filter((outcome) => outcome === 'response')).toHaveLength(halfOpenPerKnownMax);
  expect(halfOpen(responder)).toBe(halfOpenMax + halfOpenPerKnownMax);
});

test('a half-open handshake keeps its session index to itself', () => {
  const { responder, session } = exchange();
  expect(responder.hasIndex(session.remoteIndex)).toBe(true);
  expect(responder.hasIndex(session.remoteIndex + 1)).toBe(false);
});
