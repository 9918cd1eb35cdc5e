import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { Crypto } from '../../../../src/wires/tincan/crypto.ts';
import { Initiator, redialWaitMs } from '../../../../src/wires/tincan/handshake/initiator.ts';
import {
  forgedMessagesMax,
  handshakeGiveUpMs,
  handshakeRetryJitterMs,
  handshakeRetryMs,
  redialDelayMaxMs,
  redialDelayMs,
} from '../../../../src/wires/tincan/limits.ts';
import { Responder } from '../../../../src/wires/tincan/handshake/responder.ts';
import { RoomMac } from '../../../../src/wires/tincan/handshake/strangers.ts';
import { nodeCrypto } from '../../../../src/runtime/crypto.ts';
import {
  accepted,
  aliceHello,
  answered,
  bobHello,
  contextOf,
  exchange,
  flipped,
  parsed,
  sent,
  settingsOf,
} from './handshake-pair.ts';

/** Sends everything that is due until it gives up; the times at which it sent, and the last at which it gave up. */
function sendTimes(initiator: Initiator): { readonly times: readonly number[]; readonly gaveUpAt: number } {
  const times: number[] = [];
  for (let steps = 0; steps < 100; steps += 1) {
    const now = initiator.deadline;
    const { type } = initiator.timeout(now);
    if (type === 'gave-up') return { times, gaveUpAt: now };
    if (type === 'send') times.push(now);
  }
  throw new Error('after 100 deadlines it should have given up');
}

test('both sides of a handshake come to the same session', () => {
  const { responder, finish, session: first } = exchange();
  const second = accepted(responder, finish);
  expect(first.sendKey).toEqual(second.receiveKey);
  expect(first.receiveKey).toEqual(second.sendKey);
  expect(first.sendKey).not.toEqual(first.receiveKey);
  expect([first.localIndex, first.remoteIndex]).toEqual([second.remoteIndex, second.localIndex]);
  expect(first.initiatorEphemeral).toEqual(second.initiatorEphemeral);
  expect([first.role, second.role]).toEqual(['initiator', 'responder']);
  expect(first.hello).toEqual(bobHello);
  expect(second.hello).toEqual(aliceHello);
});

test('each side knows the other by its fingerprint, in a room and in the open', () => {
  for (const roomKey of [new Uint8Array(32), undefined]) {
    const [a, b] = [settingsOf({ roomKey }), settingsOf({ roomKey })];
    const { responder, finish, session } = exchange(a, b);
    expect(session.remoteStatic).toEqual(b.identity.publicKey);
    const other = accepted(responder, finish);
    expect(other.remoteStatic).toEqual(a.identity.publicKey);
    expect(other.fingerprint).not.toBe(session.fingerprint);
  }
});

test('message 1 is repeated, each time after twice as long and some jitter, and given up after 10 s', () => {
  const { times, gaveUpAt } = sendTimes(new Initiator(settingsOf(), 1_000));
  expect(times[0]).toBe(1_000);
  expect(times.length).toBeGreaterThanOrEqual(4);
  for (const [index, time] of times.entries()) {
    const next = times[index + 1];
    if (next === undefined) continue;
    const waitMs = next - time;
    expect(waitMs).toBeGreaterThanOrEqual(handshakeRetryMs * 2 ** index);
    expect(waitMs).toBeLessThan(handshakeRetryMs * 2 ** index + handshakeRetryJitterMs);
  }
  expect(gaveUpAt).toBe(1_000 + handshakeGiveUpMs);
});

test('the jitter of a repeated message 1 goes up to 333 ms, by chance', () => {
  const waits = [0, 255].map((byte) => {
    const crypto: Crypto = {
      ...nodeCrypto,
      randomBytes: (length) => new Uint8Array(length).fill(byte),
    };
    const initiator = new Initiator(settingsOf({ crypto }), 0);
    sent(initiator, 0);
    return initiator.deadline;
  });
  expect(waits).toEqual([handshakeRetryMs, handshakeRetryMs + handshakeRetryJitterMs - 1]);
});

test('a timeout before its time sends nothing and changes nothing', () => {
  const initiator = new Initiator(settingsOf(), 0);
  const first = sent(initiator, 0);
  const { deadline } = initiator;
  expect(initiator.timeout(1)).toEqual({ type: 'wait' });
  expect(initiator.deadline).toBe(deadline);
  expect(sent(initiator, deadline)).toEqual(first);
});

test('message 3 is repeated while the attempt goes on', () => {
  const { initiator, finish } = exchange();
  const firstRepeat = initiator.deadline;
  expect(firstRepeat).toBeGreaterThanOrEqual(30 + handshakeRetryMs);
  expect(sent(initiator, firstRepeat)).toEqual(finish);
});

test('an unconfirmed handshake is given up like an unanswered one', () => {
  const { initiator } = exchange();
  const { times, gaveUpAt } = sendTimes(initiator);
  expect(times.length).toBeGreaterThanOrEqual(3);
  expect(gaveUpAt).toBe(handshakeGiveUpMs);
});

test('with any bit of message 2 turned over it is dropped, and the true one still counts', () => {
  for (const roomKey of [new Uint8Array(32), undefined]) {
    const initiator = new Initiator(settingsOf({ roomKey }), 0);
    const responder = new Responder(settingsOf({ roomKey }));
    const response = answered(responder.receiveInit(parsed(sent(initiator, 0), 'init'), contextOf()));
    const before = initiator.deadline;
    fc.assert(
      fc.property(fc.integer({ min: 8, max: 8 * response.length - 1 }), (bit) => {
        const forged = parsed(flipped(response, bit), 'response');
        expect(initiator.receiveResponse(forged, 10).type).toBe('dropped');
        expect(initiator.deadline).toBe(before);
      }),
    );
    expect(initiator.receiveResponse(parsed(response, 'response'), 10).type).toBe('responded');
  }
});

test('after a few messages 2 that do not verify none is read until message 1 is repeated, and then the true one counts', () => {
  const roomKey = undefined;
  const settings = settingsOf({ roomKey });
  const initiator = new Initiator(settings, 0);
  const init = parsed(sent(initiator, 0), 'init');
  const response = answered(new Responder(settingsOf({ roomKey })).receiveInit(init, contextOf()));
  const message = parsed(response, 'response');
  const covered = flipped(message.covered, 8 * 40);
  const mac1 = new RoomMac(settings.crypto, roomKey).of(covered);
  const forged = { ...message, covered, noise: covered.subarray(5), mac1 };
  const reasons = Array.from({ length: 1_000 }, () => initiator.receiveResponse(forged, 1));
  expect(reasons.filter((outcome) => outcome.type === 'dropped' && outcome.reason === 'forged')).toHaveLength(
    forgedMessagesMax,
  );
  expect(initiator.receiveResponse(message, 1)).toEqual({ type: 'dropped', reason: 'rate' });
  sent(initiator, initiator.deadline);
  expect(initiator.receiveResponse(message, 1_000).type).toBe('responded');
});

test('message 2 counts once', () => {
  const { initiator, response } = exchange();
  const again = initiator.receiveResponse(parsed(response, 'response'), 40);
  expect(again).toEqual({ type: 'dropped', reason: 'unexpected' });
});

test('message 2 for another attempt is dropped', () => {
  const { response } = exchange();
  const other = new Initiator(settingsOf(), 0);
  expect(other.receiveResponse(parsed(response, 'response'), 10)).toEqual({
    type: 'dropped',
    reason: 'unknown-index',
  });
  const sameIndex = new Initiator(
    settingsOf({ newIndex: () => parsed(response, 'response').receiverIndex }),
    0,
  );
  expect(sameIndex.receiveResponse(parsed(response, 'response'), 10)).toEqual({
    type: 'dropped',
    reason: 'forged',
  });
});

test('a node does not talk to itself, or to a copy of itself', () => {
  const settings = settingsOf();
  const initiator = new Initiator(settings, 0);
  const copy = new Responder(settingsOf({ identity: settings.identity }));
  const response = answered(copy.receiveInit(parsed(sent(initiator, 0), 'init'), contextOf()));
  expect(initiator.receiveResponse(parsed(response, 'response'), 10)).toEqual({
    type: 'dropped',
    reason: 'own-key',
  });
});

test('the round trip is known only where nothing had to be repeated', () => {
  expect(exchange().session.roundTripMs).toBe(30);
  const initiator = new Initiator(settingsOf(), 0);
  sent(initiator, 0);
  const at = initiator.deadline;
  const response = answered(
    new Responder(settingsOf()).receiveInit(parsed(sent(initiator, at), 'init'), contextOf()),
  );
  initiator.receiveResponse(parsed(response, 'response'), at + 5);
  expect(initiator.finish(aliceHello, at + 5).session.roundTripMs).toBeUndefined();
});

test('message 3 without message 2 is our own bug', () => {
  const initiator = new Initiator(settingsOf(), 0);
  expect(() => initiator.finish(aliceHello, 0)).toThrow('answers message 2');
});

test('changing the bytes that were sent does not change what is sent next', () => {
  const { initiator, finish } = exchange();
  finish.fill(0);
  expect(sent(initiator, 2_000).some((byte) => byte !== 0)).toBe(true);
});

test('the wait before another attempt doubles up to half a minute, and a half more by chance', () => {
  const least: Crypto = { ...nodeCrypto, randomBytes: (length) => new Uint8Array(length) };
  const most: Crypto = { ...nodeCrypto, randomBytes: (length) => new Uint8Array(length).fill(255) };
  expect(redialWaitMs(1, least)).toBe(redialDelayMs);
  expect(redialWaitMs(3, least)).toBe(4 * redialDelayMs);
  expect(redialWaitMs(1_000, least)).toBe(redialDelayMaxMs);
  expect(redialWaitMs(1, most)).toBeLessThan(1.5 * redialDelayMs);
  expect(redialWaitMs(1_000, most)).toBeGreaterThan(1.4 * redialDelayMaxMs);
  expect(() => redialWaitMs(0, least)).toThrow('first failure');
});
