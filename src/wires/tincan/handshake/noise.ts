/**
 * The Noise handshake patterns XX and XXpsk3 with 25519, ChaChaPoly and SHA256. Sections are those of the Noise Protocol
 * Framework, revision 34.
 *
 * Owns: the key agreement alone. A state is a value: `writeMessage` and `readMessage` give the next state, and a message that
 * does not verify leaves the old one as good as before.
 */
import { asciiBytes, concatBytes, copyBytes } from '../../../kernel/bytes.ts';
import type { Crypto, KeyPair } from '../crypto.ts';
import { invariant } from '../../../kernel/invariant.ts';
import { publicKeyBytes, tagBytes } from '../limits.ts';

export type NoiseRole = 'initiator' | 'responder';

interface NoiseSettings {
  readonly role: NoiseRole;
  /** Both sides must start from the same bytes. */
  readonly prologue: Uint8Array;
  readonly identity: KeyPair;
  /** 32 bytes: pattern XXpsk3; undefined: XX. */
  readonly preSharedKey: Uint8Array | undefined;
  readonly crypto: Crypto;
}

export interface NoiseState {
  readonly settings: NoiseSettings;
  /** Messages written and read so far: 0 to 3. */
  readonly messages: number;
  readonly chainingKey: Uint8Array;
  readonly hash: Uint8Array;
  /** undefined: nothing secret is agreed yet, and payloads go in the clear. */
  readonly key: Uint8Array | undefined;
  /** Messages sealed or opened under `key`. */
  readonly nonce: number;
  readonly ephemeral: KeyPair | undefined;
  readonly remoteEphemeral: Uint8Array | undefined;
  /** 32 bytes, once the message that carries it has been read. It is proven only by the end of that message. */
  readonly remoteStatic: Uint8Array | undefined;
}

/** What both sides have in the end: 32 bytes each. */
interface NoiseResult {
  readonly sendKey: Uint8Array;
  readonly receiveKey: Uint8Array;
  readonly remoteStatic: Uint8Array;
}

type Token = 'e' | 's' | 'ee' | 'es' | 'se' | 'psk';

/** Section 7.5; the token `psk` is section 9.4's, and is passed over where there is no pre-shared key. */
const messagePatterns: readonly (readonly Token[])[] = [['e'], ['e', 'ee', 's', 'es'], ['s', 'se', 'psk']];

export function startNoise(settings: NoiseSettings): NoiseState {
  const { crypto, preSharedKey } = settings;
  invariant(preSharedKey === undefined || preSharedKey.length === 32, 'a pre-shared key has 32 bytes');
  // Section 5.2: the name is the first hash where it fits into one, and hashed where it does not.
  const name = asciiBytes(`Noise_XX${preSharedKey ? 'psk3' : ''}_25519_ChaChaPoly_SHA256`);
  const hash = name.length <= 32 ? concatBytes(name, new Uint8Array(32 - name.length)) : crypto.sha256(name);
  const state: NoiseState = {
    settings,
    messages: 0,
    chainingKey: hash,
    hash,
    key: undefined,
    nonce: 0,
    ephemeral: undefined,
    remoteEphemeral: undefined,
    remoteStatic: undefined,
  };
  return mixHash(state, settings.prologue);
}

/**
 * The next message with this payload, and the state after it. undefined: the other side's key is of low order, as no honest
 * key is.
 */
export function writeMessage(
  state: NoiseState,
  payload: Uint8Array,
): { readonly state: NoiseState; readonly message: Uint8Array } | undefined {
  const { crypto, identity } = state.settings;
  invariant(isOwnTurn(state), 'it is the other side that writes this message');
  const parts: Uint8Array[] = [];
  let next: NoiseState | undefined = state;
  for (const token of messagePatterns[state.messages] ?? []) {
    if (token === 'e') {
      const ephemeral = crypto.generateKeyPair();
      parts.push(ephemeral.publicKey);
      next = mixEphemeral({ ...next, ephemeral }, ephemeral.publicKey);
    } else if (token === 's') {
      const sealed = encryptAndHash(next, identity.publicKey);
      parts.push(sealed.bytes);
      next = sealed.state;
    } else {
      next = mixToken(next, token);
      if (next === undefined) return undefined;
    }
  }
  const sealed = encryptAndHash(next, payload);
  return {
    state: { ...sealed.state, messages: state.messages + 1 },
    message: concatBytes(...parts, sealed.bytes),
  };
}

/** The next message's payload, and the state after it; undefined where it does not verify. */
export function readMessage(
  state: NoiseState,
  message: Uint8Array,
): { readonly state: NoiseState; readonly payload: Uint8Array } | undefined {
  invariant(!isOwnTurn(state), 'it is this side that writes this message');
  let rest = message;
  let next: NoiseState | undefined = state;
  for (const token of messagePatterns[state.messages] ?? []) {
    if (token === 'e') {
      if (rest.length < publicKeyBytes) return undefined;
      const remoteEphemeral = copyBytes(rest.subarray(0, publicKeyBytes));
      rest = rest.subarray(publicKeyBytes);
      next = mixEphemeral({ ...next, remoteEphemeral }, remoteEphemeral);
    } else if (token === 's') {
      const sealedBytes = publicKeyBytes + (next.key ? tagBytes : 0);
      if (rest.length < sealedBytes) return undefined;
      const opened = decryptAndHash(next, rest.subarray(0, sealedBytes));
      if (opened === undefined) return undefined;
      rest = rest.subarray(sealedBytes);
      next = { ...opened.state, remoteStatic: opened.bytes };
    } else {
      next = mixToken(next, token);
      if (next === undefined) return undefined;
    }
  }
  const opened = decryptAndHash(next, rest);
  if (opened === undefined) return undefined;
  return { state: { ...opened.state, messages: state.messages + 1 }, payload: opened.bytes };
}

/** The keys, after the third message (section 5.2, `Split`). */
export function splitNoise(state: NoiseState): NoiseResult {
  const { crypto, role } = state.settings;
  invariant(state.messages === messagePatterns.length, 'keys come after the last message');
  invariant(state.remoteStatic !== undefined, 'the last message tells the last static key');
  const [first, second] = hkdf(crypto, state.chainingKey, new Uint8Array(0));
  return {
    sendKey: role === 'initiator' ? first : second,
    receiveKey: role === 'initiator' ? second : first,
    remoteStatic: state.remoteStatic,
  };
}

function isOwnTurn(state: NoiseState): boolean {
  invariant(state.messages < messagePatterns.length, 'the handshake is over');
  return (state.messages % 2 === 0) === (state.settings.role === 'initiator');
}

/** Section 9.2: with a pre-shared key, ephemeral keys are mixed into the key as well. */
function mixEphemeral(state: NoiseState, publicKey: Uint8Array): NoiseState {
  const hashed = mixHash(state, publicKey);
  return state.settings.preSharedKey ? mixKey(hashed, publicKey) : hashed;
}

/** The tokens that put nothing on the wire; undefined for a remote key of low order. */
function mixToken(state: NoiseState, token: Exclude<Token, 'e' | 's'>): NoiseState | undefined {
  const { crypto, identity, preSharedKey, role } = state.settings;
  if (token === 'psk') return preSharedKey === undefined ? state : mixKeyAndHash(state, preSharedKey);
  // The first letter names the initiator's key, the second the responder's.
  const ownIsStatic = token !== 'ee' && (token === 'se') === (role === 'initiator');
  const remoteIsStatic = token !== 'ee' && !ownIsStatic;
  const own = ownIsStatic ? identity : state.ephemeral;
  const remote = remoteIsStatic ? state.remoteStatic : state.remoteEphemeral;
  invariant(own !== undefined && remote !== undefined, 'the pattern has brought both keys by now');
  const shared = crypto.diffieHellman(own, remote);
  return shared === undefined ? undefined : mixKey(state, shared);
}

// ---- SymmetricState and CipherState (sections 5.1 and 5.2), as part of the state ---------------------------------------

function mixHash(state: NoiseState, data: Uint8Array): NoiseState {
  return { ...state, hash: state.settings.crypto.sha256(state.hash, data) };
}

function mixKey(state: NoiseState, material: Uint8Array): NoiseState {
  const [chainingKey, key] = hkdf(state.settings.crypto, state.chainingKey, material);
  return { ...state, chainingKey, key, nonce: 0 };
}

function mixKeyAndHash(state: NoiseState, material: Uint8Array): NoiseState {
  const [chainingKey, hashed, key] = hkdf(state.settings.crypto, state.chainingKey, material);
  return { ...mixHash(state, hashed), chainingKey, key, nonce: 0 };
}

interface Crypted {
  readonly state: NoiseState;
  readonly bytes: Uint8Array;
}

function encryptAndHash(state: NoiseState, plaintext: Uint8Array): Crypted {
  const { settings, key, nonce, hash } = state;
  const bytes = key === undefined ? plaintext : settings.crypto.aead(key).seal(nonce, hash, plaintext);
  return { state: { ...mixHash(state, bytes), nonce: nonce + 1 }, bytes };
}

function decryptAndHash(state: NoiseState, sealed: Uint8Array): Crypted | undefined {
  const { settings, key, nonce, hash } = state;
  const opened = key === undefined ? sealed : settings.crypto.aead(key).open(nonce, hash, sealed);
  if (opened === undefined) return undefined;
  // A copy in the clear case too: the datagram belongs to the caller.
  return { state: { ...mixHash(state, sealed), nonce: nonce + 1 }, bytes: copyBytes(opened) };
}

/** Section 4.3, with three outputs, of which the first two are the same as with two. */
function hkdf(
  crypto: Crypto,
  chainingKey: Uint8Array,
  material: Uint8Array,
): readonly [Uint8Array, Uint8Array, Uint8Array] {
  const temporary = crypto.hmacSha256(chainingKey, material);
  const first = crypto.hmacSha256(temporary, Uint8Array.of(1));
  const second = crypto.hmacSha256(temporary, first, Uint8Array.of(2));
  return [first, second, crypto.hmacSha256(temporary, second, Uint8Array.of(3))];
}
