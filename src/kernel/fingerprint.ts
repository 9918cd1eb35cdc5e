/** Owns: how the fingerprint of a key is written: eight groups of four hexadecimal digits, as people read them to each other. */
import type { PeerId } from './contract.ts';

export function isFingerprint(text: string): text is PeerId {
  return /^[0-9a-f]{4}(-[0-9a-f]{4}){7}$/.test(text);
}
