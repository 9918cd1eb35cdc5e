/**
 * A bulk flow that behaves as TCP with CUBIC does (RFC 9438): what tincan must share a link with.
 *
 * Owns: window growth and reduction, loss detection by packets three newer (RFC 9002's way of saying three duplicate acks), a
 * retransmission timeout. Endless data, an ack for each packet. Not there: hybrid slow start, SACK, pacing.
 */
import type { Address } from '../../src/kernel/contract.ts';
import type { Station } from './network.ts';
import type { World } from './world.ts';

/** RFC 9438 section 5: C in packets / s³, and what a window keeps after a loss. */
const scalingConstant = 0.4;
const decreaseFactor = 0.7;
/** RFC 9438 section 4.3: growth in the Reno-friendly region, packets a window. */
const renoAlpha = (3 * (1 - decreaseFactor)) / (1 + decreaseFactor);
const packetBytes = 1_200;
const ackBytes = 40;
const initialWindowPackets = 10;
const packetThreshold = 3;
const retransmissionTimeoutMinMs = 200;

export class CubicFlow {
  readonly #world: World;
  readonly #sender: Station;
  readonly #from: Address;
  readonly #to: Address;
  readonly #sentAtMs = new Map<number, number>();
  #next = 1;
  #window = initialWindowPackets;
  #slowStartThreshold = Infinity;
  #windowBeforeLoss = 0;
  #epochStartMs: number | undefined;
  #renoWindow = 0;
  /** Losses of packets up to this one belong to the reduction already made. */
  #recoveryUpTo = 0;
  #smoothedRttMs = 0;
  #lastAckAtMs = 0;

  /** Its stations are called `name` and `name-receiver`. */
  constructor(world: World, name: string, from: Address, to: Address) {
    this.#world = world;
    this.#from = from;
    this.#to = to;
    this.#sender = { name, receive: (bytes) => this.#acked(numberIn(bytes)) };
    const receiver: Station = {
      name: `${name}-receiver`,
      receive: (bytes) => {
        const ack = withNumber(numberIn(bytes), ackBytes);
        world.network.send(receiver.name, to, from, ack, world.nowMs);
      },
    };
    world.network.attach(from, this.#sender);
    world.network.attach(to, receiver);
  }

  start(): void {
    this.#lastAckAtMs = this.#world.nowMs;
    this.#fill();
    this.#watchForTimeout();
  }

  #fill(): void {
    while (this.#sentAtMs.size < Math.floor(this.#window)) {
      const number = this.#next++;
      this.#sentAtMs.set(number, this.#world.nowMs);
      const bytes = withNumber(number, packetBytes);
      this.#world.network.send(this.#sender.name, this.#from, this.#to, bytes, this.#world.nowMs);
    }
  }

  #acked(number: number): void {
    const sentAtMs = this.#sentAtMs.get(number);
    if (sentAtMs === undefined) return;
    this.#sentAtMs.delete(number);
    this.#lastAckAtMs = this.#world.nowMs;
    const rttMs = this.#world.nowMs - sentAtMs;
    this.#smoothedRttMs = this.#smoothedRttMs === 0 ? rttMs : this.#smoothedRttMs * 0.875 + rttMs * 0.125;
    if (this.#window < this.#slowStartThreshold) this.#window += 1;
    else this.#growBeyondSlowStart();
    for (const outstanding of this.#sentAtMs.keys()) {
      if (outstanding > number - packetThreshold) break;
      this.#sentAtMs.delete(outstanding);
      this.#lost(outstanding);
    }
    this.#fill();
  }

  /** RFC 9438 sections 4.2 to 4.4. */
  #growBeyondSlowStart(): void {
    if (this.#epochStartMs === undefined) {
      this.#epochStartMs = this.#world.nowMs;
      this.#renoWindow = this.#window;
      this.#windowBeforeLoss = Math.max(this.#windowBeforeLoss, this.#window);
    }
    const sinceEpochS = (this.#world.nowMs - this.#epochStartMs + this.#smoothedRttMs) / 1_000;
    const startWindow = this.#windowBeforeLoss * decreaseFactor;
    const plateauS = Math.cbrt((this.#windowBeforeLoss - startWindow) / scalingConstant);
    const target = scalingConstant * (sinceEpochS - plateauS) ** 3 + this.#windowBeforeLoss;
    this.#renoWindow += renoAlpha / this.#window;
    const aim = Math.min(Math.max(target, this.#window), 1.5 * this.#window);
    this.#window = Math.max(this.#window + (aim - this.#window) / this.#window, this.#renoWindow);
  }

  #lost(number: number): void {
    if (number <= this.#recoveryUpTo) return;
    this.#recoveryUpTo = this.#next - 1;
    // Fast convergence: who lost before reaching the old window makes room for others (section 4.7).
    const shrinking = this.#window < this.#windowBeforeLoss;
    this.#windowBeforeLoss = shrinking ? (this.#window * (1 + decreaseFactor)) / 2 : this.#window;
    this.#window = Math.max(2, this.#window * decreaseFactor);
    this.#slowStartThreshold = this.#window;
    this.#epochStartMs = undefined;
  }

  #watchForTimeout(): void {
    const timeoutMs = Math.max(retransmissionTimeoutMinMs, 3 * this.#smoothedRttMs);
    if (this.#world.nowMs - this.#lastAckAtMs >= timeoutMs) {
      this.#sentAtMs.clear();
      this.#lost(this.#next - 1);
      this.#window = 2;
      this.#lastAckAtMs = this.#world.nowMs;
      this.#fill();
    }
    this.#world.after(timeoutMs / 4, () => this.#watchForTimeout());
  }
}

function withNumber(number: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  new DataView(bytes.buffer).setUint32(0, number);
  return bytes;
}

function numberIn(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
}
