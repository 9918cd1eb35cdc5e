/**
 * The side that opens a handshake: it sends message 1, answers message 2 with message 3, and repeats each until the other
 * side's next message comes.
 *
 * Owns: one attempt, until its owner drops it as confirmed or given up, and how long to wait before the next (`redialWaitMs`).
 * `deadline` says when `timeout` is wanted: for a new attempt at once.
 */
import type { PeerId } from '../../../kernel/contract.ts';
import { copyBytes, equalBytes, readUint32 } from '../../../kernel/bytes.ts';
import { randomBelow } from '../crypto.ts';
import type { Crypto } from '../crypto.ts';
import { encodeFinish, encodeInit, initHeader, initPadding } from '../codec/datagram.ts';
import type { CookieMessage, InitParts, ResponseMessage } from '../codec/datagram.ts';
import { dropped, establish, startHandshake, decodeHello, encodeHello, fingerprintOf } from './handshake.ts';
import type { DroppedMessage, Established, HandshakeSettings, Hello } from './handshake.ts';
import { invariant } from '../../../kernel/invariant.ts';
import {
  forgedMessagesMax,
  handshakeGiveUpMs,
  handshakeRetryJitterMs,
  handshakeRetryMs,
  macBytes,
  redialDelayMaxMs,
  redialDelayMs,
} from '../limits.ts';
import { RoomMac } from './strangers.ts';
import { readMessage, writeMessage } from './noise.ts';
import type { NoiseState } from './noise.ts';

/** The peer that answered. Its message 2 proves that it holds this static key, and that it answers this very message 1. */
export interface Responded {
  readonly type: 'responded';
  readonly fingerprint: PeerId;
}

type State =
  | { readonly type: 'opening'; readonly noise: NoiseState; readonly init: InitParts }
  /** Message 2 is in; the caller has not said yet what message 3 shall carry. */
  | {
      readonly type: 'responded';
      readonly noise: NoiseState;
      readonly remoteIndex: number;
      readonly hello: Hello;
      readonly roundTripMs: number | undefined;
    }
  | { readonly type: 'finishing'; readonly finish: Uint8Array };

export class Initiator {
  readonly localIndex: number;
  /** The public half of this attempt's own key; of two attempts that cross, the one with the lower goes on. */
  readonly ephemeral: Uint8Array;
  /** Message 1 goes once, unless a cookie shows that somebody receives it: nobody but a peer has said that anybody would. */
  readonly #isProbe: boolean;
  readonly #settings: HandshakeSettings;
  readonly #mac: RoomMac;
  readonly #giveUpAt: number;
  #state: State;
  #sendAt: number;
  #sends = 0;
  #lastSentAt: number;
  #hasCookie = false;
  /** Messages 2 since then that did not verify. */
  #failures = 0;

  constructor(settings: HandshakeSettings, now: number, isProbe = false) {
    this.#settings = settings;
    this.#isProbe = isProbe;
    this.#mac = new RoomMac(settings.crypto, settings.roomKey);
    this.localIndex = settings.newIndex();
    this.#giveUpAt = now + handshakeGiveUpMs;
    this.#sendAt = now;
    this.#lastSentAt = now;
    const header = initHeader(this.localIndex);
    const start = startHandshake(settings, 'initiator', header);
    const written = writeMessage(start, initPadding(settings.roomKey !== undefined));
    invariant(written?.state.ephemeral !== undefined, 'the first message needs no key of the other side');
    this.ephemeral = written.state.ephemeral.publicKey;
    const { message } = written;
    const init = {
      header,
      noise: message,
      mac1: this.#mac.of(header, message),
      cookie: new Uint8Array(macBytes),
    };
    this.#state = { type: 'opening', noise: written.state, init };
    settings.seenInits.onSent(init.mac1);
  }

  /** When `timeout` is wanted. */
  get deadline(): number {
    return this.waits ? this.#giveUpAt : Math.min(this.#sendAt, this.#giveUpAt);
  }

  /** The message that is due, if any. Early calls do no harm. */
  timeout(
    now: number,
  ):
    | { readonly type: 'send'; readonly bytes: Uint8Array }
    | { readonly type: 'wait' }
    | { readonly type: 'gave-up' } {
    const state = this.#state;
    if (now >= this.#giveUpAt) return { type: 'gave-up' };
    if (state.type === 'responded' || this.waits || now < this.#sendAt) return { type: 'wait' };
    this.#countSend(now);
    return {
      type: 'send',
      bytes: state.type === 'opening' ? encodeInit(state.init) : copyBytes(state.finish),
    };
  }

  /**
   * Keeps the cookie for the next repetition of message 1. A repetition at once would be larger than the cookie that asked for
   * it, so that a forger could make this node send more than it sends itself.
   */
  receiveCookie(message: CookieMessage): DroppedMessage | undefined {
    const state = this.#state;
    if (message.receiverIndex !== this.localIndex) return dropped('unknown-index');
    if (state.type !== 'opening') return dropped('unexpected');
    if (!this.#mac.fits(message.mac1, message.covered, state.init.mac1)) return dropped('bad-mac1');
    this.#hasCookie = true;
    this.#state = { ...state, init: { ...state.init, cookie: copyBytes(message.cookie) } };
    return undefined;
  }

  /** On `responded`, call `finish` with what this peer shall hear, or drop the attempt, if the peer is not one to talk to. */
  receiveResponse(message: ResponseMessage, now: number): Responded | DroppedMessage {
    const state = this.#state;
    const { crypto, identity } = this.#settings;
    if (message.receiverIndex !== this.localIndex) return dropped('unknown-index');
    if (state.type !== 'opening') return dropped('unexpected');
    if (!this.#mac.fits(message.mac1, message.covered)) return dropped('bad-mac1');
    if (this.#failures >= forgedMessagesMax) return dropped('rate');
    // Counted until the message has proved good: each failure costs key agreements.
    this.#failures += 1;
    const read = readMessage(state.noise, message.noise);
    if (read?.state.remoteStatic === undefined) return dropped('forged');
    const hello = decodeHello(read.payload.subarray(4));
    if (hello === undefined) return dropped('malformed');
    const { remoteStatic } = read.state;
    if (equalBytes(remoteStatic, identity.publicKey)) return dropped('own-key');
    this.#state = {
      type: 'responded',
      noise: read.state,
      remoteIndex: readUint32(read.payload, 0),
      hello,
      roundTripMs: this.#sends === 1 ? now - this.#lastSentAt : undefined,
    };
    return { type: 'responded', fingerprint: fingerprintOf(crypto, remoteStatic) };
  }

  /**
   * Message 3 with this hello, to be sent now (before a first packet, if there is one), and the session. `timeout` repeats
   * message 3 until the peer has sent a packet under the session's keys: then the peer has it, and knows the room key.
   */
  finish(hello: Hello, now: number): { readonly finish: Uint8Array; readonly session: Established } {
    const state = this.#state;
    invariant(state.type === 'responded', 'message 3 answers message 2, once');
    const written = writeMessage(state.noise, encodeHello(hello));
    invariant(written !== undefined, 'a remote key of low order was refused with message 2');
    const finish = encodeFinish(state.remoteIndex, written.message, this.#mac);
    this.#state = { type: 'finishing', finish };
    this.#sends = 0;
    this.#countSend(now);
    const session = establish(this.#settings, written.state, {
      localIndex: this.localIndex,
      remoteIndex: state.remoteIndex,
      hello: state.hello,
      ownHello: hello,
      initiatorEphemeral: this.ephemeral,
      roundTripMs: state.roundTripMs,
    });
    return { finish: copyBytes(finish), session };
  }

  /** Nothing is to be sent until something has come. */
  get waits(): boolean {
    const { type } = this.#state;
    return (
      type === 'responded' || (type === 'opening' && this.#isProbe && this.#sends > 0 && !this.#hasCookie)
    );
  }

  #countSend(now: number): void {
    const jitterMs = randomBelow(this.#settings.crypto, handshakeRetryJitterMs);
    this.#sendAt = now + handshakeRetryMs * 2 ** this.#sends + jitterMs;
    this.#sends += 1;
    this.#lastSentAt = now;
    this.#failures = 0;
  }
}

/** How long to wait after the `failures`th attempt in a row was given up, ms: doubled each time, and up to a half more. */
export function redialWaitMs(failures: number, crypto: Crypto): number {
  invariant(failures >= 1, 'there is nothing to wait for before a first failure');
  const waitMs = Math.min(redialDelayMs * 2 ** (failures - 1), redialDelayMaxMs);
  return waitMs + randomBelow(crypto, Math.floor(waitMs / 2));
}
