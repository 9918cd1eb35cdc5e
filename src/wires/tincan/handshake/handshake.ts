/**
 * What both sides of a handshake share (README.md, "Handshake"): what they are given, what they tell each other, how a peer is
 * known for certain, and what they end with. The two sides are `initiator.ts` and `responder.ts`.
 *
 * Owns: how a Noise state starts and what becomes of it; the payload of messages 2 and 3; the one way from a public key to a
 * `PeerId`.
 */
import type { PeerId } from '../../../kernel/contract.ts';
import { asciiBytes, concatBytes, toHex } from '../../../kernel/bytes.ts';
import type { Crypto, KeyPair } from '../crypto.ts';
import { isFingerprint } from '../../../kernel/fingerprint.ts';
import { invariant } from '../../../kernel/invariant.ts';
import { nameMaxBytes } from '../../../kernel/limits.ts';
import { publicKeyBytes } from '../limits.ts';
import { utf8Decode, utf8Encode } from '../../../kernel/text.ts';
import type { SeenInits } from './seen-inits.ts';
import { splitNoise, startNoise } from './noise.ts';
import type { NoiseRole, NoiseState } from './noise.ts';

export interface HandshakeSettings {
  readonly identity: KeyPair;
  /** 32 bytes, already stretched; undefined: an open room. */
  readonly roomKey: Uint8Array | undefined;
  readonly crypto: Crypto;
  /** A random 32-bit session index that this node does not use yet. */
  readonly newIndex: () => number;
  /** What both sides of this node have sent and received. */
  readonly seenInits: SeenInits;
}

/**
 * What each side tells the other under the handshake's encryption. Logs and offsets go in the first packet (a RESUME frame), as
 * the responder can't choose them before it knows whom it speaks to.
 */
export interface Hello {
  /** How the node wants to be called: 1 to 64 bytes of UTF-8. From a peer it is a label, and may hold any character. */
  readonly name: string;
}

/** An authenticated conversation about to start. */
export interface Established {
  readonly role: NoiseRole;
  /** 32 bytes, proven to be the peer's. */
  readonly remoteStatic: Uint8Array;
  readonly fingerprint: PeerId;
  readonly sendKey: Uint8Array;
  readonly receiveKey: Uint8Array;
  /** The receiver index of the packets that the peer sends. */
  readonly localIndex: number;
  /** The receiver index of the packets that this node sends. */
  readonly remoteIndex: number;
  /** The peer's hello. */
  readonly hello: Hello;
  /** This node's hello. */
  readonly ownHello: Hello;
  /** The initiator's own key of this handshake. Of two sessions that cross, both sides keep the one whose key is lower. */
  readonly initiatorEphemeral: Uint8Array;
  /** One round trip, where no message had to be repeated and so none can be mistaken for another. */
  readonly roundTripMs: number | undefined;
}

/** Why a message changed nothing. */
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
    | 'wrong-address'
    | 'unexpected';
}

export function dropped(reason: DroppedMessage['reason']): DroppedMessage {
  return { type: 'dropped', reason };
}

/** The prologue binds what goes in the clear to the keys: protocol, version, mode, and the initiator's index. */
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

export function encodeHello(hello: Hello): Uint8Array {
  const name = utf8Encode(hello.name);
  invariant(name !== undefined && isNameLength(name.length), 'a name has 1 to 64 bytes of UTF-8');
  return concatBytes(Uint8Array.of(name.length), name);
}

/** undefined for anything that `encodeHello` doesn't make. */
export function decodeHello(bytes: Uint8Array): Hello | undefined {
  const nameLength = bytes[0] ?? 0;
  if (!isNameLength(nameLength) || bytes.length !== 1 + nameLength) return undefined;
  const name = utf8Decode(bytes.subarray(1));
  return name === undefined ? undefined : { name };
}

function isNameLength(length: number): boolean {
  return length >= 1 && length <= nameMaxBytes;
}

/**
 * The first 128 bits of SHA-256 over the 32-byte public key, as eight groups of four hexadecimal digits:
 * `9f86-d081-884c-7d65-9a2f-eaa0-c55a-d015`. Enough that nobody makes a second key with the same one.
 */
export function fingerprintOf(crypto: Crypto, publicKey: Uint8Array): PeerId {
  invariant(publicKey.length === publicKeyBytes, 'an X25519 public key has 32 bytes');
  const digits = toHex(crypto.sha256(publicKey).subarray(0, 16));
  const text = (digits.match(/.{4}/g) ?? []).join('-');
  invariant(isFingerprint(text), 'sixteen bytes are eight groups of four digits');
  return text;
}
