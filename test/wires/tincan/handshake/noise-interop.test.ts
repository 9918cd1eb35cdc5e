/** Our Noise against an implementation that we did not write: rweather's noise-c, compiled to WebAssembly. */
import createNoise from '@richardhopton/noise-c.wasm';
import { expect, test } from '@jest/globals';
import {
  readMessage,
  splitNoise,
  startNoise,
  writeMessage,
} from '../../../../src/wires/tincan/handshake/noise.ts';
import type { NoiseRole, NoiseState } from '../../../../src/wires/tincan/handshake/noise.ts';
import { nodeCrypto } from '../../../../src/runtime/crypto.ts';
import { must } from './handshake-pair.ts';

type NoiseC = Parameters<Parameters<typeof createNoise>[1]>[0];

const library = new Promise<NoiseC>((resolve) => {
  createNoise({}, resolve);
});
const prologue = Uint8Array.of(1, 2, 3);
const noAd = new Uint8Array(0);
const roles: readonly NoiseRole[] = ['initiator', 'responder'];

for (const preSharedKey of [undefined, new Uint8Array(32).fill(7)]) {
  for (const role of roles) {
    const name = `Noise_XX${preSharedKey ? 'psk3' : ''}_25519_ChaChaPoly_SHA256`;
    test(`as ${role} of ${name}, our side comes to the same keys as noise-c`, async () => {
      const noiseC = await library;
      const ours = nodeCrypto.generateKeyPair();
      const theirs = nodeCrypto.generateKeyPair();
      const { NOISE_ROLE_INITIATOR, NOISE_ROLE_RESPONDER } = noiseC.constants;
      const other = noiseC.HandshakeState(
        name,
        role === 'initiator' ? NOISE_ROLE_RESPONDER : NOISE_ROLE_INITIATOR,
      );
      other.Initialize(prologue, theirs.privateKey, null, preSharedKey ?? null);
      let state = startNoise({ role, prologue, identity: ours, preSharedKey, crypto: nodeCrypto });
      const payloads: unknown[] = [];
      for (let index = 0; index < 3; index += 1) {
        const payload = Uint8Array.of(index, index, index);
        if ((index % 2 === 0) === (role === 'initiator')) {
          const written = must(writeMessage(state, payload));
          payloads.push(bytes(other.ReadMessage(written.message, true)));
          ({ state } = written);
        } else {
          const read: { state: NoiseState; payload: Uint8Array } = must(
            readMessage(state, bytes(other.WriteMessage(payload))),
          );
          payloads.push(read.payload);
          ({ state } = read);
        }
      }
      expect(payloads).toEqual([0, 1, 2].map((index) => Uint8Array.of(index, index, index)));
      const result = splitNoise(state);
      expect(state.hash).toEqual(bytes(other.GetHandshakeHash()));
      expect(result.remoteStatic).toEqual(theirs.publicKey);
      expect(bytes(other.GetRemotePublicKey())).toEqual(ours.publicKey);
      const [theirSend, theirReceive] = other.Split();
      const line = Uint8Array.from(Buffer.from('one line each way'));
      expect(
        nodeCrypto.aead(result.receiveKey).open(0, noAd, bytes(theirSend.EncryptWithAd(noAd, line))),
      ).toEqual(line);
      const sealed = nodeCrypto.aead(result.sendKey).seal(0, noAd, line);
      expect(bytes(theirReceive.DecryptWithAd(noAd, sealed))).toEqual(line);
    });
  }
}

/** A plain copy: what the library gives may live in its WebAssembly memory. */
function bytes(view: Uint8Array): Uint8Array {
  return Uint8Array.from(view);
}
