import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import {
  readMessage,
  splitNoise,
  startNoise,
  writeMessage,
} from '../../../../src/wires/tincan/handshake/noise.ts';
import type { NoiseRole, NoiseState } from '../../../../src/wires/tincan/handshake/noise.ts';
import type { Crypto } from '../../../../src/wires/tincan/crypto.ts';
import { keyPairFromPrivate, nodeCrypto } from '../../../../src/runtime/crypto.ts';
import { flipped, must } from './handshake-pair.ts';

interface Vector {
  readonly protocol_name: string;
  readonly init_prologue: string;
  readonly init_psks?: readonly string[];
  readonly init_static: string;
  readonly init_ephemeral: string;
  readonly resp_static: string;
  readonly resp_ephemeral: string;
  readonly handshake_hash: string;
  readonly messages: readonly { readonly payload: string; readonly ciphertext: string }[];
}

/** Published with the Haskell library cacophony; other Noise libraries test against the same file. */
const { vectors }: { vectors: readonly Vector[] } = JSON.parse(
  readFileSync(new URL('vectors/noise-cacophony.json', import.meta.url), 'utf8'),
);

test('the published vectors cover both patterns', () => {
  expect(vectors.map((vector) => vector.protocol_name)).toEqual([
    'Noise_XX_25519_ChaChaPoly_SHA256',
    'Noise_XXpsk3_25519_ChaChaPoly_SHA256',
  ]);
});

const roles: readonly NoiseRole[] = ['initiator', 'responder'];

for (const vector of vectors) {
  for (const role of roles) {
    test(`${vector.protocol_name} as ${role} gives the published bytes, and reads those of the other side`, () => {
      const { transcript, state } = playHandshake(vector, role);
      const published = vector.messages.slice(0, 3);
      expect(transcript).toEqual(published);
      const result = splitNoise(state);
      expect(toHex(state.hash)).toBe(vector.handshake_hash);
      const other = role === 'initiator' ? vector.resp_static : vector.init_static;
      expect(result.remoteStatic).toEqual(keyPairFromPrivate(hex(other)).publicKey);
      for (const [index, message] of vector.messages.slice(3).entries()) {
        // The responder goes first, then they take turns; each key counts its own messages.
        const isOwn = (index % 2 === 0) === (role === 'responder');
        const aead = nodeCrypto.aead(isOwn ? result.sendKey : result.receiveKey);
        const sealed = aead.seal(Math.floor(index / 2), Uint8Array.of(), hex(message.payload));
        expect(toHex(sealed)).toBe(message.ciphertext);
      }
    });
  }
}

/** The three messages as this side made or read them: its own from their payloads, the other's from the published bytes. */
function playHandshake(vector: Vector, role: NoiseRole): { transcript: object[]; state: NoiseState } {
  let state = stateOf(vector, role);
  const transcript: object[] = [];
  for (const [index, { payload, ciphertext }] of vector.messages.slice(0, 3).entries()) {
    if ((index % 2 === 0) === (role === 'initiator')) {
      const written = must(writeMessage(state, hex(payload)));
      transcript.push({ payload, ciphertext: toHex(written.message) });
      ({ state } = written);
    } else {
      const read: { state: NoiseState; payload: Uint8Array } = must(readMessage(state, hex(ciphertext)));
      transcript.push({ payload: toHex(read.payload), ciphertext });
      ({ state } = read);
    }
  }
  return { transcript, state };
}

test('no bit of message 2 or 3 can be turned over, and a refused message changes nothing', () => {
  for (const vector of vectors) {
    for (const messageIndex of [1, 2]) {
      const { writer, reader } = stateBefore(vector, messageIndex);
      const { message } = must(writeMessage(writer, Uint8Array.of(1, 2, 3)));
      for (let bit = 0; bit < 8 * message.length; bit += 3) {
        // The top bit of an X25519 key counts for nothing in the agreement, but it does in the hash.
        expect(readMessage(reader, flipped(message, bit))).toBeUndefined();
      }
      expect(readMessage(reader, message)?.payload).toEqual(Uint8Array.of(1, 2, 3));
    }
  }
});

test('what is changed in message 1, which goes in the clear, comes to light with message 2', () => {
  for (const vector of vectors) {
    const { writer, reader } = stateBefore(vector, 0);
    const written = must(writeMessage(writer, Uint8Array.of(1, 2, 3)));
    for (let bit = 0; bit < 8 * written.message.length; bit += 5) {
      const read = readMessage(reader, flipped(written.message, bit));
      const answer = read && writeMessage(read.state, Uint8Array.of());
      expect(answer && readMessage(written.state, answer.message)).toBeUndefined();
    }
    const answer = must(writeMessage(must(readMessage(reader, written.message)).state, Uint8Array.of()));
    expect(readMessage(written.state, answer.message)).toBeDefined();
  }
});

test('any bytes as any message are refused without an error', () => {
  for (const vector of vectors) {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2 }),
        fc.uint8Array({ maxLength: 200 }),
        (messageIndex, bytes) => {
          expect(readMessage(stateBefore(vector, messageIndex).reader, bytes)).toBeUndefined();
        },
      ),
    );
  }
});

test('a first message with a key of low order is refused by the time an answer is written', () => {
  const vector = must(vectors[0]);
  const read = readMessage(stateOf(vector, 'responder'), new Uint8Array(40));
  expect(read).toBeDefined();
  expect(read && writeMessage(read.state, Uint8Array.of())).toBeUndefined();
});

test('different prologues or pre-shared keys do not come together', () => {
  const vector = must(vectors[1]);
  const { writer } = stateBefore(vector, 0);
  const first = writeMessage(writer, Uint8Array.of());
  const otherPrologue = startNoise({ ...stateOf(vector, 'responder').settings, prologue: Uint8Array.of(1) });
  expect(first && readMessage(otherPrologue, first.message)).toBeUndefined();

  const last = stateBefore(vector, 2);
  const third = writeMessage(last.writer, Uint8Array.of());
  const settings = { ...last.reader.settings, preSharedKey: new Uint8Array(32) };
  expect(third && readMessage({ ...last.reader, settings }, third.message)).toBeUndefined();
  expect(third && readMessage(last.reader, third.message)).toBeDefined();
});

/** Both sides, honest, just before this message. */
function stateBefore(vector: Vector, messageIndex: number): { writer: NoiseState; reader: NoiseState } {
  let [writer, reader] = [stateOf(vector, 'initiator'), stateOf(vector, 'responder')];
  for (let index = 0; index < messageIndex; index += 1) {
    const written = must(writeMessage(writer, Uint8Array.of(9)));
    const read = must(readMessage(reader, written.message));
    [writer, reader] = [read.state, written.state];
  }
  return { writer, reader };
}

function stateOf(vector: Vector, role: NoiseRole): NoiseState {
  const isInitiator = role === 'initiator';
  const ephemeral = keyPairFromPrivate(hex(isInitiator ? vector.init_ephemeral : vector.resp_ephemeral));
  const crypto: Crypto = { ...nodeCrypto, generateKeyPair: () => ephemeral };
  const [psk] = vector.init_psks ?? [];
  return startNoise({
    role,
    prologue: hex(vector.init_prologue),
    identity: keyPairFromPrivate(hex(isInitiator ? vector.init_static : vector.resp_static)),
    preSharedKey: psk === undefined ? undefined : hex(psk),
    crypto,
  });
}

function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'hex'));
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
