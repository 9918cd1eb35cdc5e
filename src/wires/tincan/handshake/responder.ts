/**
 * The side that answers a handshake: to message 1 with message 2, a cookie or silence; message 3 ends in a session.
 *
 * Owns: the half-open handshakes, which are bounded, and every reason to stay silent. The responder only ever answers: it has
 * no timer, and no answer is larger than the message it answers.
 */
import type { Address } from '../../../kernel/contract.ts';
import { compareBytes, concatBytes, copyBytes, equalBytes, writeUint32 } from '../../../kernel/bytes.ts';
import { CookieJar, SourceRates, sourceOf, RoomMac } from './strangers.ts';
import { encodeCookie, encodeResponse } from '../codec/datagram.ts';
import type { FinishMessage, InitMessage } from '../codec/datagram.ts';
import { dropped, establish, startHandshake, decodeHello, encodeHello } from './handshake.ts';
import type { DroppedMessage, Established, HandshakeSettings, Hello } from './handshake.ts';
import { invariant } from '../../../kernel/invariant.ts';
import { addressText, sameAddress } from '../../../kernel/address.ts';
import {
  cookieFromHalfOpen,
  forgedMessagesMax,
  halfOpenMax,
  halfOpenPerKnownMax,
  halfOpenPerSourceMax,
  handshakeGiveUpMs,
  knownHandshakesPerSecond,
} from '../limits.ts';
import { readMessage, writeMessage } from './noise.ts';
import type { NoiseState } from './noise.ts';
import type { SeenInit } from './seen-inits.ts';

/** What the node knows beside a message 1. */
export interface InitContext {
  readonly from: Address;
  readonly now: number;
  /** What message 2 shall say. */
  readonly hello: Hello;
  /** Gives the `ephemeral` of this node's own attempt at the same address, if one is under way. */
  readonly ownEphemeral: () => Uint8Array | undefined;
  /** Tells whether a peer that is known or configured is at this very address. */
  readonly isKnown: () => boolean;
}

export type InitOutcome =
  /** To be sent to the address that message 1 came from. */
  | { readonly type: 'answer'; readonly kind: 'response' | 'cookie'; readonly bytes: Uint8Array }
  | DroppedMessage;

type FinishOutcome = { readonly type: 'established'; readonly session: Established } | DroppedMessage;

interface HalfOpen {
  readonly localIndex: number;
  readonly remoteIndex: number;
  readonly noise: NoiseState;
  readonly ephemeral: Uint8Array;
  readonly from: Address;
  readonly source: string;
  /** The handshake has one of the places that are kept for those who are known at its address. */
  readonly isReserved: boolean;
  readonly response: Uint8Array;
  /** The hello in `response`. */
  readonly hello: Hello;
  readonly until: number;
  /** Messages 3 that did not verify. */
  failures: number;
}

export class Responder {
  readonly #settings: HandshakeSettings;
  readonly #mac: RoomMac;
  readonly #cookies: CookieJar;
  readonly #rates = new SourceRates();
  /** A second allowance for each source, of which only messages with a valid cookie take. */
  readonly #cookieRates = new SourceRates();
  /** An allowance for each address at which somebody is known: others at the same source can't use that up. */
  readonly #knownRates = new SourceRates(knownHandshakesPerSecond);
  /** By local index; the oldest first, which is the first to end, as all live equally long. */
  readonly #halfOpen = new Map<number, HalfOpen>();

  constructor(settings: HandshakeSettings) {
    this.#settings = settings;
    this.#mac = new RoomMac(settings.crypto, settings.roomKey);
    this.#cookies = new CookieJar(settings.crypto);
  }

  /** Whether a half-open handshake uses this session index. */
  hasIndex(index: number): boolean {
    return this.#halfOpen.has(index);
  }

  /** The cheapest check comes first. The key exchange, which costs the most, comes after every other reason to refuse. */
  receiveInit(message: InitMessage, context: InitContext): InitOutcome {
    if (!this.#mac.fits(message.mac1, message.covered)) return dropped('bad-mac1');
    this.#expire(context.now);
    const seen = this.#settings.seenInits.onReceived(message.mac1, context.from, context.now);
    const again = seen?.localIndex === undefined ? undefined : this.#halfOpen.get(seen.localIndex);
    const isOver = seen?.localIndex !== undefined && again === undefined;
    if (seen === undefined || isOver) return dropped('replayed');
    const ephemeral = message.noise.subarray(0, 32);
    const ownEphemeral = context.ownEphemeral();
    if (ownEphemeral !== undefined && compareBytes(ownEphemeral, ephemeral) <= 0) {
      return dropped('simultaneous');
    }
    const source = sourceOf(context.from);
    const refusal = this.#refuse(message, context, source);
    if (refusal !== undefined) return refusal;
    if (again !== undefined) return { type: 'answer', kind: 'response', bytes: copyBytes(again.response) };
    const place = this.#placeFor(context, source);
    if (place === undefined) return dropped('half-open-full');
    return this.#answer(message, context, seen, place === 'reserved');
  }

  /** On `established`, the session has to send a packet at once: until one arrives, the initiator repeats message 3. */
  receiveFinish(message: FinishMessage, from: Address, now: number): FinishOutcome {
    this.#expire(now);
    const halfOpen = this.#halfOpen.get(message.receiverIndex);
    if (halfOpen === undefined) return dropped('unknown-index');
    // From another address the message is a relayed copy: an answer would go to a node that has not shown that it asked.
    if (!sameAddress(halfOpen.from, from)) return dropped('wrong-address');
    if (!this.#mac.fits(message.mac1, message.covered)) return dropped('bad-mac1');
    const outcome = this.#finish(halfOpen, message);
    // Each failure costs key agreements, and the index and the address are visible to others: the handshake ends early.
    if (outcome.type === 'dropped') halfOpen.failures += 1;
    if (outcome.type === 'established' || halfOpen.failures >= forgedMessagesMax) {
      this.#halfOpen.delete(halfOpen.localIndex);
    }
    return outcome;
  }

  #finish(halfOpen: HalfOpen, message: FinishMessage): FinishOutcome {
    const read = readMessage(halfOpen.noise, message.noise);
    if (read?.state.remoteStatic === undefined) return dropped('forged');
    const hello = decodeHello(read.payload);
    if (hello === undefined) return dropped('malformed');
    if (equalBytes(read.state.remoteStatic, this.#settings.identity.publicKey)) return dropped('own-key');
    const session = establish(this.#settings, read.state, {
      localIndex: halfOpen.localIndex,
      remoteIndex: halfOpen.remoteIndex,
      hello,
      ownHello: halfOpen.hello,
      initiatorEphemeral: halfOpen.ephemeral,
      // Message 3 may have been repeated, and does not say so.
      roundTripMs: undefined,
    });
    return { type: 'established', session };
  }

  /** The answer, or the silence, that a source beyond its rate gets in place of message 2, and any source at a busy time. */
  #refuse(message: InitMessage, context: InitContext, source: string): InitOutcome | undefined {
    const { from, now } = context;
    const isWithinRate = this.#rates.take(source, now);
    if (isWithinRate && this.#halfOpen.size < cookieFromHalfOpen) return undefined;
    if (this.#cookies.accepts(message.cookie, message.mac1, from, now)) {
      const mayPass =
        isWithinRate ||
        this.#cookieRates.take(source, now) ||
        (context.isKnown() && this.#knownRates.take(addressText(from), now));
      return mayPass ? undefined : dropped('rate');
    }
    const cookie = this.#cookies.bake(message.mac1, from, now);
    const bytes = encodeCookie(message.senderIndex, cookie, this.#mac, message.mac1);
    return { type: 'answer', kind: 'cookie', bytes };
  }

  #answer(
    message: InitMessage,
    { from, now, hello }: InitContext,
    seen: SeenInit,
    isReserved: boolean,
  ): InitOutcome {
    const read = readMessage(startHandshake(this.#settings, 'responder', message.header), message.noise);
    if (read?.state.remoteEphemeral === undefined) return dropped('forged');
    if (read.payload.some((byte) => byte !== 0)) return dropped('malformed');
    const localIndex = this.#settings.newIndex();
    invariant(!this.#halfOpen.has(localIndex), 'a new session index is free');
    const index = new Uint8Array(4);
    writeUint32(index, 0, localIndex);
    const written = writeMessage(read.state, concatBytes(index, encodeHello(hello)));
    // The initiator's ephemeral key is of low order: nothing that it says could be kept secret.
    if (written === undefined) return dropped('forged');
    const response = encodeResponse(message.senderIndex, written.message, this.#mac);
    seen.localIndex = localIndex;
    this.#halfOpen.set(localIndex, {
      localIndex,
      remoteIndex: message.senderIndex,
      noise: written.state,
      ephemeral: read.state.remoteEphemeral,
      from,
      source: sourceOf(from),
      isReserved,
      response,
      hello,
      until: now + handshakeGiveUpMs,
      failures: 0,
    });
    return { type: 'answer', kind: 'response', bytes: copyBytes(response) };
  }

  /** The kind of place that one more handshake gets; undefined: none is left. */
  #placeFor({ from, isKnown }: InitContext, source: string): 'common' | 'reserved' | undefined {
    let common = 0;
    let ofSource = 0;
    let reserved = 0;
    for (const halfOpen of this.#halfOpen.values()) {
      if (!halfOpen.isReserved) common += 1;
      if (!halfOpen.isReserved && halfOpen.source === source) ofSource += 1;
      if (halfOpen.isReserved && sameAddress(halfOpen.from, from)) reserved += 1;
    }
    if (common < halfOpenMax && ofSource < halfOpenPerSourceMax) return 'common';
    return reserved < halfOpenPerKnownMax && isKnown() ? 'reserved' : undefined;
  }

  #expire(now: number): void {
    for (const [localIndex, halfOpen] of this.#halfOpen) {
      if (halfOpen.until > now) return;
      this.#halfOpen.delete(localIndex);
    }
  }
}
