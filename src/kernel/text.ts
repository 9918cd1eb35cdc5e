/**
 * Text to UTF-8 bytes and back.
 *
 * Owns: that what comes out is what went in, or is refused.
 */

// Every JavaScript host has these two classes of the Encoding Standard. Their types come with Node's, which this room does without.
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

/** The bytes of any text: a lone surrogate becomes U+FFFD. */
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

export function isUtf8(bytes: Uint8Array): boolean {
  return utf8Decode(bytes) !== undefined;
}
