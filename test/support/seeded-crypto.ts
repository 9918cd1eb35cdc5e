/** The real primitives with bytes by seed, so that what is random in a test is the same each time. */
import type { Random } from '../../src/relay/model/random.ts';
import { nodeCrypto } from '../../src/runtime/crypto.ts';
import type { Crypto } from '../../src/wires/tincan/crypto.ts';

export function seededCrypto(random: Random): Crypto {
  return { ...nodeCrypto, randomBytes: (length) => random.bytes(length) };
}
