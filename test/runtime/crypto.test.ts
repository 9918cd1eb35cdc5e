import { createCipheriv, scryptSync } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { keyPairFromPrivate, nodeCrypto, stretchRoomKey } from '../../src/runtime/crypto.ts';
import { withSodium } from '../../src/runtime/sodium.ts';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));
const ascii = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'ascii'));
const key = new Uint8Array(32).fill(5);
const header = Uint8Array.of(1, 2, 3);

const sodium = withSodium(nodeCrypto);
if (sodium === undefined)
  test.skip('no libsodium loads on this machine, so only node:crypto is held to these tests', () => {});

describe.each([
  { of: 'node:crypto', crypto: nodeCrypto },
  ...(sodium === undefined ? [] : [{ of: 'libsodium', crypto: sodium }]),
])('of $of:', ({ crypto }) => {
  test('X25519 gives what RFC 7748 section 6.1 gives', () => {
    const alice = keyPairFromPrivate(hex('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a'));
    const bob = keyPairFromPrivate(hex('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb'));
    expect(alice.publicKey).toEqual(hex('8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a'));
    expect(bob.publicKey).toEqual(hex('de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f'));
    const shared = hex('4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742');
    expect(crypto.diffieHellman(alice, bob.publicKey)).toEqual(shared);
    expect(crypto.diffieHellman(bob, alice.publicKey)).toEqual(shared);
  });

  test('a key pair is plain data: a copy of it, or its private key alone, agrees on the same', () => {
    const own = crypto.generateKeyPair();
    const other = crypto.generateKeyPair();
    const shared = crypto.diffieHellman(own, other.publicKey);
    expect(shared).toHaveLength(32);
    expect(crypto.diffieHellman(structuredClone(own), other.publicKey)).toEqual(shared);
    expect(keyPairFromPrivate(own.privateKey)).toEqual(own);
  });

  test.each([
    ['0', '00'.repeat(32)],
    ['1', `01${'00'.repeat(31)}`],
    ['of order 8', 'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800'],
  ])('the public key %s, of low order, gives no secret', (_, publicKey) => {
    expect(crypto.diffieHellman(crypto.generateKeyPair(), hex(publicKey))).toBeUndefined();
  });

  test('SHA-256 and HMAC-SHA256 give the published values, in one part or several', () => {
    const abc = hex('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(crypto.sha256(ascii('abc'))).toEqual(abc);
    expect(crypto.sha256(ascii('a'), ascii(''), ascii('bc'))).toEqual(abc);
    // RFC 4231, test case 2.
    const jefe = hex('5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843');
    expect(crypto.hmacSha256(ascii('Jefe'), ascii('what do ya want for nothing?'))).toEqual(jefe);
    expect(crypto.hmacSha256(ascii('Jefe'), ascii('what do ya want '), ascii('for nothing?'))).toEqual(jefe);
  });

  test('a nonce is four zero bytes and 64 bits little-endian, also beyond 2^32', () => {
    fc.assert(
      fc.property(fc.oneof(fc.nat(), fc.maxSafeNat()), fc.uint8Array(), (nonce, plaintext) => {
        const iv = Buffer.alloc(12);
        iv.writeBigUInt64LE(BigInt(nonce), 4);
        const cipher = createCipheriv('chacha20-poly1305', key, iv, { authTagLength: 16 });
        cipher.setAAD(header);
        const expected = Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
        expect(Buffer.from(crypto.aead(key).seal(nonce, header, plaintext)).equals(expected)).toBe(true);
      }),
    );
  });

  test('what is sealed opens to the same, and leaves the headroom that was asked for', () => {
    const aead = crypto.aead(key);
    fc.assert(
      fc.property(
        fc.maxSafeNat(),
        fc.uint8Array(),
        fc.uint8Array(),
        fc.nat({ max: 20 }),
        (nonce, ad, plaintext, headroom) => {
          const sealed = aead.seal(nonce, ad, plaintext, headroom);
          expect(sealed).toHaveLength(headroom + plaintext.length + 16);
          expect(aead.open(nonce, ad, sealed.subarray(headroom))).toEqual(plaintext);
        },
      ),
    );
  });

  test('another nonce, header, key, length or any bit turned over opens to nothing, without an error', () => {
    const aead = crypto.aead(key);
    const sealed = aead.seal(7, header, ascii('a line'));
    expect(aead.open(8, header, sealed)).toBeUndefined();
    expect(aead.open(7, Uint8Array.of(1, 2), sealed)).toBeUndefined();
    expect(crypto.aead(new Uint8Array(32)).open(7, header, sealed)).toBeUndefined();
    for (let length = 0; length < sealed.length; length += 1) {
      expect(aead.open(7, header, sealed.subarray(0, length))).toBeUndefined();
    }
    for (let bit = 0; bit < 8 * sealed.length; bit += 1) {
      const forged = Uint8Array.from(sealed);
      forged[bit >> 3] = (forged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(aead.open(7, header, forged)).toBeUndefined();
    }
    expect(aead.open(7, header, sealed)).toEqual(ascii('a line'));
  });

  test('no result is a Buffer, as its slice would be a view', () => {
    const pair = crypto.generateKeyPair();
    const sealed = crypto.aead(key).seal(0, header, header);
    const all = [
      crypto.randomBytes(4),
      pair.publicKey,
      pair.privateKey,
      crypto.diffieHellman(pair, pair.publicKey),
      crypto.sha256(header),
      crypto.hmacSha256(key, header),
      sealed,
      crypto.aead(key).open(0, header, sealed),
    ];
    expect(all.map((bytes) => Buffer.isBuffer(bytes))).toEqual(all.map(() => false));
  });

  test('random bytes are as many as asked for, and not the same twice', () => {
    expect(crypto.randomBytes(32)).toHaveLength(32);
    expect(crypto.randomBytes(32)).not.toEqual(crypto.randomBytes(32));
  });
});

test('a platform for which there is no addon has no libsodium, and that is no error', () => {
  expect(withSodium(nodeCrypto, 'plan9-vax')).toBeUndefined();
});

test('a room key is stretched by scrypt to the same 32 bytes each time', async () => {
  const stretched = await stretchRoomKey(ascii('correct horse'));
  const expected = scryptSync('correct horse', 'tincan room key', 32, {
    N: 32_768,
    r: 8,
    p: 1,
    maxmem: 2 ** 26,
  });
  expect(Buffer.from(stretched).equals(expected)).toBe(true);
  expect(await stretchRoomKey(ascii('correct horses'))).not.toEqual(stretched);
});
