/**
 * What both sides of a handshake share (README.md, "Handshake"): what they are given, and what they end with.
 *
 * Owns: how a Noise state starts and what it ends in. The two machines are `initiator.ts` and `responder.ts`.
 * Must not know: sockets, timers, peers, which sessions there are.
 */
import type { PeerId } from '../../../kernel/contract.ts';
import { asciiBytes, concatBytes } from '../../../kernel/bytes.ts';
import type { Crypto, KeyPair } from '../crypto.ts';
import type { Hello } from './hello.ts';
import { fingerprintOf } from './identity.ts';
import { splitNoise, startNoise } from './noise.ts';
import type { NoiseRole, NoiseState } from './noise.ts';

export interface HandshakeSettings {
  readonly identity: KeyPair;
  /** 32 bytes, already stretched; undefined: an open room. */
  readonly roomKey: Uint8Array | undefined;
  readonly crypto: Crypto;
  /** A random 32-bit session index that this node uses for nothing else now. */
  readonly newIndex: () => number;
}

/** An authenticated conversation about to start. */
export interface Established {
  readonly role: NoiseRole;
  /** 32 bytes, proven to be the peer's. */
  readonly remoteStatic: Uint8Array;
  readonly fingerprint: PeerId;
  readonly sendKey: Uint8Array;
  readonly receiveKey: Uint8Array;
  /** Packets to us bear it. */
  readonly localIndex: number;
  /** Packets to the peer bear it. */
  readonly remoteIndex: number;
  /** The same on both sides, and in no other handshake. */
  readonly handshakeHash: Uint8Array;
  /** What the peer said. */
  readonly hello: Hello;
  /** What it was told. */
  readonly ownHello: Hello;
  /** The same on both sides: of two sessions that cross, the lower one is kept by both. */
  readonly initiatorEphemeral: Uint8Array;
  /** One round trip, where no message had to be repeated and so none can be mistaken for another. */
  readonly roundTripMs: number | undefined;
}

/** A message that changed nothing, and why. */
export interface DroppedMessage {
  readonly type: 'dropped';
  readonly reason:
    | 'bad-mac1'
    | 'replayed'
    | 'simultaneous'
    | 'rate'
    | 'half-open-full'
    | 'forged'
    | 'malformed'
    | 'own-key'
    | 'unknown-index'
    | 'unexpected';
}

export function dropped(reason: DroppedMessage['reason']): DroppedMessage {
  return { type: 'dropped', reason };
}

/** The prologue binds protocol, version, mode and the initiator's index, which all went in the clear. */
export function startHandshake(settings: HandshakeSettings, role: NoiseRole, header: Uint8Array): NoiseState {
  const { crypto, identity, roomKey } = settings;
  const mode = roomKey === undefined ? 'tincan open' : 'tincan room';
  const prologue = concatBytes(asciiBytes(mode), header);
  return startNoise({ role, prologue, identity, preSharedKey: roomKey, crypto });
}

export function establish(
  settings: HandshakeSettings,
  noise: NoiseState,
  facts: Pick<
    Established,
    'localIndex' | 'remoteIndex' | 'hello' | 'ownHello' | 'initiatorEphemeral' | 'roundTripMs'
  >,
): Established {
  const result = splitNoise(noise);
  return {
    ...facts,
    ...result,
    role: noise.settings.role,
    fingerprint: fingerprintOf(settings.crypto, result.remoteStatic),
  };
}
