/**
 * Lines between their text and their UTF-8 bytes.
 *
 * Owns: strictness: what comes out is what went in, or it is refused.
 */

// The Encoding Standard's two classes are in every JavaScript host; the protocol's wall hides their types with the rest.
declare const TextEncoder: new () => { encode(text: string): Uint8Array };
declare const TextDecoder: new (
  label: string,
  options: { readonly fatal: boolean; readonly ignoreBOM: boolean },
) => { decode(bytes: Uint8Array): string };

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** undefined for text with a lone surrogate, which has no UTF-8. */
export function utf8Encode(text: string): Uint8Array | undefined {
  return text.isWellFormed() ? encoder.encode(text) : undefined;
}

/** The same for text of any kind: half a surrogate pair becomes U+FFFD. */
export function utf8EncodeLossy(text: string): Uint8Array {
  return encoder.encode(text);
}

/** undefined for bytes that aren't UTF-8. */
export function utf8Decode(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
