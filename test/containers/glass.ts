/**
 * Makes a node of glass: preloaded before the program (`node --import`), it has every private key that the program makes
 * told on stderr, as `key HEX`. The product has no such door; this patches the one object through which it gets its keys.
 *
 * Owns: the patch.
 */
import { writeSync } from 'node:fs';
import { nodeCrypto } from '../../src/runtime/crypto.ts';

/** Keys are made in the network thread, whose `process.stderr` is only a way to the main thread's. */
const stderr = 2;

const opaque = { ...nodeCrypto };

nodeCrypto.generateKeyPair = () => {
  const pair = opaque.generateKeyPair();
  writeSync(stderr, `key ${Buffer.from(pair.privateKey).toString('hex')}\n`);
  return pair;
};
