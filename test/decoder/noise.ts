/**
 * Noise XX and XXpsk3, as somebody who knows some of the private keys reads them from the wire (Noise Protocol Framework,
 * revision 34, section 5). Both sides' messages are read; none is written.
 *
 * Owns: the transcript's hash and the keys that come of it.
 */
import { check, present } from './check.ts';
import { hmac, open, sha256 } from './keys.ts';
import type { Keyring } from './keys.ts';

type Token = 'e' | 's' | 'ee' | 'es' | 'se' | 'psk';

const tokens: readonly (readonly Token[])[] = [['e'], ['e', 'ee', 's', 'es'], ['s', 'se', 'psk']];

/** A handshake after some of its messages. */
export interface Transcript {
  readonly messages: number;
  readonly hash: Uint8Array;
  readonly chainingKey: Uint8Array;
  readonly key: Uint8Array | undefined;
  readonly nonce: bigint;
  /** Public keys by whose they are: ephemeral and static, of initiator and responder. */
  readonly keys: Readonly<Partial<Record<'ei' | 'er' | 'si' | 'sr', Uint8Array>>>;
}

export function begin(prologue: Uint8Array, isRoom: boolean): Transcript {
  const name = Buffer.from(`Noise_XX${isRoom ? 'psk3' : ''}_25519_ChaChaPoly_SHA256`);
  const hash = name.length > 32 ? sha256(name) : Buffer.concat([name, Buffer.alloc(32 - name.length)]);
  const start = { messages: 0, hash, chainingKey: hash, key: undefined, nonce: 0n, keys: {} };
  return mixHash(start, prologue);
}

/** The next message's payload, and the transcript with it. */
export function read(
  before: Transcript,
  message: Uint8Array,
  secrets: { readonly keyring: Keyring; readonly roomKey: Uint8Array | undefined },
): { readonly after: Transcript; readonly payload: Uint8Array } {
  const side = before.messages === 1 ? 'r' : 'i';
  let now = before;
  let rest = message;
  for (const token of present(tokens[before.messages], 'a handshake has three messages')) {
    if (token === 'e') {
      const ephemeral = rest.subarray(0, 32);
      rest = rest.subarray(32);
      now = mixHash({ ...now, keys: { ...now.keys, [`e${side}`]: ephemeral } }, ephemeral);
      if (secrets.roomKey !== undefined) now = mixKey(now, ephemeral);
    } else if (token === 's') {
      const opened = openAndHash(now, rest.subarray(0, 48));
      rest = rest.subarray(48);
      now = { ...opened.after, keys: { ...opened.after.keys, [`s${side}`]: opened.plaintext } };
    } else if (token === 'psk') {
      if (secrets.roomKey !== undefined) now = mixKeyAndHash(now, secrets.roomKey);
    } else {
      now = mixKey(now, agreementOf(now, token, secrets.keyring));
    }
  }
  const { after, plaintext } = openAndHash(now, rest);
  return { after: { ...after, messages: before.messages + 1 }, payload: plaintext };
}

/** The keys of packets from the initiator, and from the responder. */
export function split({ chainingKey, messages }: Transcript): readonly [Uint8Array, Uint8Array] {
  check(messages === 3, 'keys come of all three messages');
  const [fromInitiator, fromResponder] = expand(chainingKey, new Uint8Array(0));
  return [fromInitiator, fromResponder];
}

/** The first letter is the initiator's key, the second the responder's. */
function agreementOf({ keys }: Transcript, token: 'ee' | 'es' | 'se', keyring: Keyring): Uint8Array {
  const initiators = token === 'se' ? keys.si : keys.ei;
  const responders = token === 'es' ? keys.sr : keys.er;
  return keyring.agreement(
    present(initiators, 'the key of the initiator was sent before'),
    present(responders, 'the key of the responder was sent before'),
  );
}

function openAndHash(
  before: Transcript,
  bytes: Uint8Array,
): { readonly after: Transcript; readonly plaintext: Uint8Array } {
  const after = mixHash(before, bytes);
  if (before.key === undefined) return { after, plaintext: bytes };
  const plaintext = open(before.key, before.nonce, before.hash, bytes);
  return {
    after: { ...after, nonce: before.nonce + 1n },
    plaintext: present(plaintext, 'a handshake message verifies'),
  };
}

function mixHash(before: Transcript, bytes: Uint8Array): Transcript {
  return { ...before, hash: sha256(before.hash, bytes) };
}

function mixKey(before: Transcript, input: Uint8Array): Transcript {
  const [chainingKey, key] = expand(before.chainingKey, input);
  return { ...before, chainingKey, key, nonce: 0n };
}

function mixKeyAndHash(before: Transcript, input: Uint8Array): Transcript {
  const [chainingKey, hashed, key] = expand(before.chainingKey, input);
  return { ...mixHash(before, hashed), chainingKey, key, nonce: 0n };
}

/** HKDF with three outputs; whoever wants two takes the first two. */
function expand(chainingKey: Uint8Array, input: Uint8Array): readonly [Uint8Array, Uint8Array, Uint8Array] {
  const temporary = hmac(chainingKey, input);
  const first = hmac(temporary, Uint8Array.of(1));
  const second = hmac(temporary, first, Uint8Array.of(2));
  return [first, second, hmac(temporary, second, Uint8Array.of(3))];
}
