/**
 * The rule that nobody is flooded through us: what a host sends to an address that has not shown itself to be there.
 *
 * Owns: the bytes each way between each host and each address; the rule of three for peers (RFC 9000 section 8), and that the
 * answers to strangers are never more than they brought. From outside nobody sees a path being validated, so an address counts
 * as validated from the first datagram that comes from it after one of ours has arrived there: before that it can't have been.
 */
import { amplificationLimit } from '../../src/wires/tincan/limits.ts';
import { Violation } from './judge.ts';

/** A handshake's first message: who was told of an address may dial it. Its first byte (README.md of the protocol). */
const initType = 0x01;
/** From here on a message 1 has its cookie, which no mac covers: a repetition may bring another (README.md again). */
const initCookieOffset = 1_184;
/** Message 2 and the cookie reply: what a stranger is answered. */
const answerTypes: ReadonlySet<number> = new Set([0x02, 0x04]);

interface Account {
  receivedBytes: number;
  sentBytes: number;
  /** Of these, answers to strangers. */
  answeredBytes: number;
  reached: boolean;
  validated: boolean;
}

export class AmplificationWatch {
  readonly #accounts = new Map<string, Account>();

  /** The host was given a datagram that came from there. */
  received(host: string, address: string, bytes: Uint8Array): void {
    const account = this.#account(host, address);
    account.receivedBytes += bytes.length;
    if (account.reached) account.validated = true;
  }

  /** Something that the host had sent there was taken in by a host of the room. */
  reached(host: string, address: string): void {
    this.#account(host, address).reached = true;
  }

  /** Throws a `Violation` where this is more than may be sent there. */
  sent(host: string, address: string, bytes: Uint8Array): void {
    if (bytes[0] === initType) return;
    const account = this.#account(host, address);
    if (account.validated) return;
    account.sentBytes += bytes.length;
    if (answerTypes.has(bytes[0] ?? 0)) account.answeredBytes += bytes.length;
    if (account.answeredBytes > account.receivedBytes) {
      throw new Violation(
        `${host} answered a stranger at ${address} with ${account.answeredBytes} B for ${account.receivedBytes} B`,
      );
    }
    if (account.sentBytes > amplificationLimit * account.receivedBytes) {
      throw new Violation(
        `${host} sent ${account.sentBytes} B to ${address}, which is not validated and brought ${account.receivedBytes} B`,
      );
    }
  }

  #account(host: string, address: string): Account {
    const key = `${host} ${address}`;
    const known = this.#accounts.get(key);
    if (known !== undefined) return known;
    const account = { receivedBytes: 0, sentBytes: 0, answeredBytes: 0, reached: false, validated: false };
    this.#accounts.set(key, account);
    return account;
  }
}

/** Whether whoever gets one is shown as much by the other: a message 1 is the same whatever cookie stands in it. */
export function provesTheSame(one: Uint8Array, other: Uint8Array): boolean {
  const end = one[0] === initType ? initCookieOffset : one.length;
  return one.length === other.length && Buffer.compare(one.subarray(0, end), other.subarray(0, end)) === 0;
}
