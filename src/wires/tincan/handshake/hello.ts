/**
 * What two nodes tell each other within the handshake, under its encryption.
 *
 * Owns: the payload of messages 2 and 3. Must not know: logs and offsets, which go in the first packet (a RESUME frame), as
 * the responder can't know them before it knows whom it speaks to.
 */
import { concatBytes } from '../../../kernel/bytes.ts';
import { invariant } from '../../../kernel/invariant.ts';
import { nameMaxBytes } from '../../../kernel/limits.ts';
import { utf8Decode, utf8Encode } from '../../../kernel/text.ts';

export interface Hello {
  /** How the node wants to be called: 1 to 64 bytes of UTF-8. From a peer it is a label, and may hold any character. */
  readonly name: string;
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
