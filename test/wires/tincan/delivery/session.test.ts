import { describe, expect, test } from '@jest/globals';
import type { Established } from '../../../../src/wires/tincan/handshake/handshake.ts';
import {
  handshakeGiveUpMs,
  rejectAfterMs,
  rejectAfterNumbers,
  rekeyAfterMs,
  rekeyAfterNumbers,
  rekeyFallbackMs,
  retiredSessionMs,
} from '../../../../src/wires/tincan/limits.ts';
import { PacketSealer } from '../../../../src/wires/tincan/delivery/packet.ts';
import { Session } from '../../../../src/wires/tincan/delivery/session.ts';
import { nodeCrypto } from '../../../../src/runtime/crypto.ts';
import { establishedOf } from '../peer/peer-pair.ts';

const openedAt = 1_000_000;

function opened(changes: Partial<Established> = {}, now = openedAt): Session {
  return new Session(establishedOf(changes), { ip: '192.0.2.1', port: 5_000 }, nodeCrypto, now);
}

test('a session is confirmed from the start for the side that has read message 3, and later for the other', () => {
  expect([opened({ role: 'responder' }).confirmed, opened({ role: 'initiator' }).confirmed]).toEqual([
    true,
    false,
  ]);
});

test('a session is replaced in its time by the side that opened it, or else a little later by the other, and then ends', () => {
  const [own, theirs] = [opened(), opened({ role: 'responder' })];
  expect(own.rekeyAt - openedAt).toBe(rekeyAfterMs);
  expect(theirs.rekeyAt - openedAt).toBe(rekeyAfterMs + rekeyFallbackMs);
  expect([own.endsAt, theirs.endsAt]).toEqual([openedAt + rejectAfterMs, openedAt + rejectAfterMs]);
});

test('a session is replaced, and ends, once the numbers of its packets are used up to a point', () => {
  const after = (first: number): Session =>
    Object.assign(opened(), {
      sealer: new PacketSealer({
        sendKey: new Uint8Array(32),
        receiverIndex: 1,
        crypto: nodeCrypto,
        first,
      }),
    });
  expect(after(rekeyAfterNumbers - 1).rekeyAt).toBe(openedAt + rekeyAfterMs);
  expect(after(rekeyAfterNumbers).rekeyAt).toBe(openedAt);
  expect(after(rejectAfterNumbers - 1).endsAt).toBe(openedAt + rejectAfterMs);
  expect(after(rejectAfterNumbers).endsAt).toBe(openedAt);
});

test('a session that was replaced opens late packets for a while, but never beyond its end', () => {
  const session = opened();
  session.retire(openedAt + 50);
  expect(session.endsAt).toBe(openedAt + 50 + retiredSessionMs);
  session.retire(openedAt + rejectAfterMs - 1);
  expect(session.endsAt).toBe(openedAt + rejectAfterMs);
});

describe('of two sessions', () => {
  const low = { initiatorEphemeral: new Uint8Array(32).fill(1) };
  const high = { initiatorEphemeral: new Uint8Array(32).fill(9) };

  test('of two sessions that different sides opened at about the same time, both keep the one with the lower ephemeral key', () => {
    const [own, theirs] = [
      opened({ ...low, role: 'initiator' }),
      opened({ ...high, role: 'responder' }, openedAt + 9_000),
    ];
    expect([own.outlasts(theirs), theirs.outlasts(own)]).toEqual([true, false]);
    // The other side sees the same two, in the other order and in the other role.
    const [same, other] = [
      opened({ ...low, role: 'responder' }, openedAt + 9_000),
      opened({ ...high, role: 'initiator' }),
    ];
    expect([same.outlasts(other), other.outlasts(same)]).toEqual([true, false]);
  });

  test('of two sessions that one side opened, or one long after the other, the later one is kept', () => {
    const first = opened(low);
    expect(first.outlasts(opened(high, openedAt + 1))).toBe(false);
    expect(opened(high, openedAt + 1).outlasts(first)).toBe(true);
    expect(first.outlasts(opened({ ...high, role: 'responder' }, openedAt + handshakeGiveUpMs))).toBe(false);
  });
});

describe('message 3', () => {
  const finish = new Uint8Array(93).fill(3);
  const withFinish = (): Session =>
    new Session(establishedOf(), { ip: '192.0.2.1', port: 5_000 }, nodeCrypto, openedAt, finish);
  const packet = (bytes: number): Uint8Array => new Uint8Array(bytes).fill(4);
  const lengths = (datagrams: readonly Uint8Array[]): number[] => datagrams.map(({ length }) => length);

  test('message 3 goes in front of each packet that leaves room for it', () => {
    const session = withFinish();
    expect(lengths(session.enclose(packet(1_107), 1_200))).toEqual([1_200]);
    expect(session.enclose(packet(10), 1_200)).toEqual([Uint8Array.of(...finish, ...packet(10))]);
    expect(session.takeFinish()).toBeUndefined();
  });

  test('message 3 goes ahead by itself where the first packet leaves no room, and not again', () => {
    const session = withFinish();
    expect(lengths(session.enclose(packet(1_108), 1_200))).toEqual([93, 1_108]);
    expect(lengths(session.enclose(packet(1_108), 1_200))).toEqual([1_108]);
  });

  test('message 3 goes nowhere once the session is confirmed', () => {
    const session = withFinish();
    session.onConfirmed();
    expect(lengths(session.enclose(packet(10), 1_200))).toEqual([10]);
  });
});
