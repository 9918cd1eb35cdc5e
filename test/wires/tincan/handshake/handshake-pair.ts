/**
 * Two sides of a handshake for tests, each with an identity of its own and real cryptography.
 *
 * Owns: the shortest way from nothing to messages 1, 2 and 3 and to two sessions. Each function fails loudly where the
 * machine under test gives anything else than the next step.
 */
import { nodeCrypto } from '../../../../src/runtime/crypto.ts';
import type { Address } from '../../../../src/kernel/contract.ts';
import { parseDatagram } from '../../../../src/wires/tincan/codec/datagram.ts';
import type { Datagram } from '../../../../src/wires/tincan/codec/datagram.ts';
import type {
  Established,
  HandshakeSettings,
  Hello,
} from '../../../../src/wires/tincan/handshake/handshake.ts';
import { Initiator } from '../../../../src/wires/tincan/handshake/initiator.ts';
import { Responder } from '../../../../src/wires/tincan/handshake/responder.ts';
import { SeenInits } from '../../../../src/wires/tincan/handshake/seen-inits.ts';
import type { InitContext, InitOutcome } from '../../../../src/wires/tincan/handshake/responder.ts';

export const roomKey = new Uint8Array(32).fill(7);
export const alice: Address = { ip: '192.0.2.1', port: 5000 };
export const aliceHello: Hello = { name: 'alice' };
export const bobHello: Hello = { name: 'bob' };

let lastIndex = 0x8000_0000;

/** Fresh settings; `changes` replaces some, such as the room key. */
export function settingsOf(changes: Partial<HandshakeSettings> = {}): HandshakeSettings {
  return {
    identity: nodeCrypto.generateKeyPair(),
    roomKey,
    crypto: nodeCrypto,
    newIndex() {
      lastIndex += 1;
      return lastIndex;
    },
    seenInits: new SeenInits(),
    ...changes,
  };
}

/** What the initiator sends now. */
export function sent(initiator: Initiator, now: number): Uint8Array {
  const step = initiator.timeout(now);
  if (step.type !== 'send') throw new Error(`the initiator should have sent, but said ${step.type}`);
  return step.bytes;
}

/** The datagram, which must be of this type. */
export function parsed<Type extends Datagram['type']>(
  bytes: Uint8Array,
  type: Type,
): Extract<Datagram, { type: Type }> {
  const datagram = parseDatagram(bytes);
  if (!isOfType(datagram, type)) throw new Error(`a datagram of type ${type} came out as ${datagram.type}`);
  return datagram;
}

function isOfType<Type extends Datagram['type']>(
  datagram: Datagram,
  type: Type,
): datagram is Extract<Datagram, { type: Type }> {
  return datagram.type === type;
}

export function contextOf(changes: Partial<InitContext> = {}): InitContext {
  return {
    from: alice,
    now: 0,
    hello: bobHello,
    ownEphemeral: () => undefined,
    isKnown: () => false,
    ...changes,
  };
}

/** The bytes that message 1 is answered with, which must be of this kind. */
export function answered(outcome: InitOutcome, kind: 'response' | 'cookie' = 'response'): Uint8Array {
  if (outcome.type !== 'answer' || outcome.kind !== kind) {
    throw new Error(`a ${kind} should have come, but it was ${JSON.stringify(outcome)}`);
  }
  return outcome.bytes;
}

/** A handshake up to message 3, with every message on the way. */
export interface Exchange {
  readonly initiator: Initiator;
  readonly responder: Responder;
  readonly init: Uint8Array;
  readonly response: Uint8Array;
  readonly finish: Uint8Array;
  /** The initiator's session; the responder has none before it has read `finish`. */
  readonly session: Established;
}

export function exchange(
  first: HandshakeSettings = settingsOf(),
  second: HandshakeSettings = settingsOf(),
): Exchange {
  const initiator = new Initiator(first, 0);
  const responder = new Responder(second);
  const init = sent(initiator, 0);
  const response = answered(responder.receiveInit(parsed(init, 'init'), contextOf()));
  const responded = initiator.receiveResponse(parsed(response, 'response'), 30);
  if (responded.type === 'dropped') throw new Error(`message 2 was dropped: ${responded.reason}`);
  const { finish, session } = initiator.finish(aliceHello, 30);
  return { initiator, responder, init, response, finish, session };
}

/** The responder's session, after message 3. */
export function accepted(responder: Responder, finish: Uint8Array, now = 60): Established {
  const outcome = responder.receiveFinish(parsed(finish, 'finish'), alice, now);
  if (outcome.type === 'dropped') throw new Error(`message 3 was dropped: ${outcome.reason}`);
  return outcome.session;
}

/** A copy with one bit turned over. */
export function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const index = Math.floor(bit / 8);
  copy[index] = (copy[index] ?? 0) ^ (1 << (bit % 8));
  return copy;
}

/** The value, which must be there: an honest message is never refused. */
export function must<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('there should have been a value here');
  return value;
}
