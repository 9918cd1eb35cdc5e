/**
 * The packets that carry frames under a session's keys.
 *
 * Owns: the packet's layout (README.md, "Packets"), packet numbers, that no number is used twice under one key, and which
 * numbers have come in already.
 */
import { readUint32, writeUint32 } from '../../../kernel/bytes.ts';
import { randomBelow } from '../crypto.ts';
import type { Aead, Crypto } from '../crypto.ts';
import { invariant } from '../../../kernel/invariant.ts';
import {
  packetHeaderBytes,
  packetNumberSkipMean,
  packetNumberSkipsMax,
  packetNumbersMax,
  packetOverheadBytes,
  replayWindowPackets,
} from '../limits.ts';
import { packetType } from '../codec/datagram.ts';

/** A packet, sealed and ready to go. */
export interface SealedPacket {
  readonly packetNumber: number;
  readonly bytes: Uint8Array;
}

/** Seals frames into packets under one sending key. */
export class PacketSealer {
  readonly #aead: Aead;
  /** Of the packet that was sealed last. */
  readonly #header = new Uint8Array(packetHeaderBytes);
  readonly #crypto: Crypto;
  readonly #skipped: number[] = [];
  #next: number;
  #nextSkip: number;

  /** `first`: the number of the first packet. */
  constructor(options: { sendKey: Uint8Array; receiverIndex: number; crypto: Crypto; first?: number }) {
    this.#aead = options.crypto.aead(options.sendKey);
    this.#header[0] = packetType;
    writeUint32(this.#header, 1, options.receiverIndex);
    this.#crypto = options.crypto;
    this.#next = options.first ?? 0;
    this.#nextSkip = this.#drawSkip();
  }

  /** Packet numbers that are used up, the skipped ones included. */
  get numbersUsed(): number {
    return this.#next;
  }

  /** `frames`: the plaintext, at least one byte. The caller keeps to the datagram size: the packet is 25 bytes more. */
  seal(frames: Uint8Array): SealedPacket {
    invariant(frames.length > 0, 'a packet carries at least one frame');
    const packetNumber = this.#next;
    invariant(packetNumber < packetNumbersMax, 'a packet number is never used twice under one key');
    this.#advance();
    const header = this.#header;
    writeUint32(header, 5, packetNumber);
    const bytes = this.#aead.seal(packetNumber, header, frames, packetHeaderBytes);
    invariant(
      bytes.length === frames.length + packetOverheadBytes,
      'sealing leaves the headroom it was asked for',
    );
    bytes.set(header);
    return { packetNumber, bytes };
  }

  /** Whether an ack of the packets `first` to `last` claims one that was never sent: its sender guesses, or lies. */
  acknowledgesUnsent(first: number, last: number): boolean {
    return last >= this.#next || this.#skipped.some((skipped) => skipped >= first && skipped <= last);
  }

  #advance(): void {
    this.#next += 1;
    if (this.#next !== this.#nextSkip) return;
    this.#skipped.push(this.#next);
    if (this.#skipped.length > packetNumberSkipsMax) this.#skipped.shift();
    this.#next += 1;
    this.#nextSkip = this.#drawSkip();
  }

  #drawSkip(): number {
    return this.#next + 1 + randomBelow(this.#crypto, 2 * packetNumberSkipMean - 1);
  }
}

export interface OpenedPacket {
  readonly type: 'opened';
  readonly packetNumber: number;
  /** Encoded. */
  readonly frames: Uint8Array;
  /** No packet of this session with a higher number has come before: a peer's address follows only these. */
  readonly newest: boolean;
}

/** A packet that changed nothing. */
interface DroppedPacket {
  readonly type: 'dropped';
  readonly reason: 'duplicate' | 'too-old' | 'forged';
}

/** Opens the packets of one session under its receiving key, each number at most once. */
export class PacketOpener {
  readonly #aead: Aead;
  readonly #window = new ReplayWindow();

  constructor(options: { receiveKey: Uint8Array; crypto: Crypto }) {
    this.#aead = options.crypto.aead(options.receiveKey);
  }

  /** `bytes`: a datagram, or the rest of one, that `parseDatagram` called `data`. */
  open(bytes: Uint8Array): OpenedPacket | DroppedPacket {
    const { newest } = this.#window;
    const packetNumber = readUint32(bytes, 5);
    // Before the decryption, as it costs next to nothing; committed only after it, as anybody can write a number.
    const verdict = this.#window.check(packetNumber);
    if (verdict !== 'fresh') return { type: 'dropped', reason: verdict };
    const header = bytes.subarray(0, packetHeaderBytes);
    const frames = this.#aead.open(packetNumber, header, bytes.subarray(packetHeaderBytes));
    if (frames === undefined) return { type: 'dropped', reason: 'forged' };
    this.#window.commit(packetNumber);
    return { type: 'opened', packetNumber, frames, newest: packetNumber > newest };
  }
}

// ---- Replays --------------------------------------------------------------------------------------------------------

/** @internal */
export type ReplayVerdict = 'fresh' | 'duplicate' | 'too-old';

const wordBits = 32;
/** One word more than the window, as the newest number may stand anywhere in its word. */
const words = replayWindowPackets / wordBits + 1;

/**
 * The last `replayWindowPackets` packet numbers: a bitmap that slides with the newest (RFC 6479's ring, without its shifts).
 * `check` changes nothing, so that it can go before the decryption, and a forged number can't move the window; `commit` goes
 * after it.
 *
 * @internal
 */
export class ReplayWindow {
  readonly #bits = new Uint32Array(words);
  #newest = -1;

  /** The largest number committed; -1 before the first. */
  get newest(): number {
    return this.#newest;
  }

  check(packetNumber: number): ReplayVerdict {
    if (packetNumber > this.#newest) return 'fresh';
    if (packetNumber <= this.#newest - replayWindowPackets) return 'too-old';
    return (this.#wordOf(packetNumber) & bitOf(packetNumber)) === 0 ? 'fresh' : 'duplicate';
  }

  /** Only for a number that `check` called fresh, once its packet has proved authentic. */
  commit(packetNumber: number): void {
    invariant(this.check(packetNumber) === 'fresh', 'a packet number is accepted once');
    if (packetNumber > this.#newest) this.#slideTo(packetNumber);
    const index = wordIndex(packetNumber);
    this.#bits[index] = (this.#bits[index] ?? 0) | bitOf(packetNumber);
  }

  #slideTo(packetNumber: number): void {
    const lastWord = Math.floor(this.#newest / wordBits);
    const entered = Math.floor(packetNumber / wordBits) - lastWord;
    for (let step = 1; step <= Math.min(entered, words); step += 1) {
      this.#bits[(lastWord + step) % words] = 0;
    }
    this.#newest = packetNumber;
  }

  #wordOf(packetNumber: number): number {
    return this.#bits[wordIndex(packetNumber)] ?? 0;
  }
}

function wordIndex(packetNumber: number): number {
  return Math.floor(packetNumber / wordBits) % words;
}

function bitOf(packetNumber: number): number {
  return 1 << (packetNumber % wordBits);
}
