import { describe, expect, test } from '@jest/globals';
import type { Address, PeerTarget } from '../../../../src/kernel/contract.ts';
import { BackOffs } from '../../../../src/wires/tincan/room/back-offs.ts';
import { Dialler } from '../../../../src/wires/tincan/room/dialler.ts';
import { encodeCookie } from '../../../../src/wires/tincan/codec/datagram.ts';
import { RoomMac } from '../../../../src/wires/tincan/handshake/strangers.ts';
import {
  handshakeGiveUpMs,
  macBytes,
  redialDelayMs,
  resolveRetryMs,
} from '../../../../src/wires/tincan/limits.ts';
import { Effects } from '../../../../src/wires/tincan/peer/effects.ts';
import { Outputs } from '../../../../src/kernel/io.ts';
import { Responder } from '../../../../src/wires/tincan/handshake/responder.ts';
import { Session } from '../../../../src/wires/tincan/delivery/session.ts';
import { nodeCrypto } from '../../../../src/runtime/crypto.ts';
import { aliceHello, answered, contextOf, must, parsed, settingsOf } from '../handshake/handshake-pair.ts';

const home: Address = { ip: '192.0.2.2', port: 5_000 };
const target: PeerTarget = { label: 'bob', host: 'bob.test', port: home.port };

/** What the room answers to message 2. */
type Decision = 'go-on' | 'stop' | 'postpone';

/** A dialler whose room does what the test says, and what the dialler did. */
class DiallerBench {
  now = 1_000_000;
  decision: Decision = 'go-on';
  triesAgain = true;
  readonly asked: string[] = [];
  /** The address that the latest question was to be answered without. */
  dead: string | undefined;
  sent: { readonly to: Address; readonly bytes: Uint8Array }[] = [];
  readonly sessions: Session[] = [];
  readonly failures: (Session | undefined)[] = [];
  readonly #tracer = { tell: undefined };
  readonly #context = { outputs: new Outputs(), effects: new Effects(this.#tracer) };
  readonly dialler = new Dialler(settingsOf(), this.#context, this.#tracer, new BackOffs(nodeCrypto));
  readonly responder = new Responder(settingsOf());

  /** Turns deadlines until then. */
  runUntil(then: number): void {
    for (let at = this.dialler.deadline; at !== undefined && at <= then; at = this.dialler.deadline) {
      this.now = Math.max(this.now, at);
      this.turn();
      this.flush();
    }
    this.now = then;
  }

  /** Does what is due. */
  turn(): void {
    this.dialler.onTimeout(this.now);
    this.#apply();
  }

  flush(): void {
    this.dialler.flush();
    this.#apply();
  }

  resolved(): void {
    this.dialler.onResolved(target.host, home.ip, this.now);
    this.#apply();
  }

  #apply(): void {
    for (const effect of this.#context.effects.take()) {
      if (effect.type !== 'dial-failed') continue;
      this.failures.push(effect.session);
      if (!this.triesAgain) this.dialler.stop(effect.key);
    }
    for (const output of this.#context.outputs.take()) {
      if (output.type === 'datagram') this.sent.push({ to: output.to, bytes: output.bytes });
      if (output.type !== 'resolve') continue;
      this.asked.push(output.host);
      this.dead = output.isDead === true ? output.inUse : undefined;
    }
  }

  /** Starts, and finds the address. */
  reach(): void {
    this.dialler.start('bob', { type: 'target', target }, this.now);
    this.turn();
    this.resolved();
  }

  /** Message 2 to the newest message 1. */
  answer(): Uint8Array {
    const init = must(this.sent.findLast(({ bytes }) => bytes[0] === 1)).bytes;
    return answered(this.responder.receiveInit(parsed(init, 'init'), contextOf({ now: this.now })));
  }

  /** The answer of a node that asks for a cookie before it does anything. */
  giveCookie(): void {
    const { bytes } = must(this.sent.findLast(({ bytes: [type] }) => type === 1));
    const { senderIndex, mac1 } = parsed(bytes, 'init');
    const { crypto, roomKey: key } = settingsOf();
    const cookie = encodeCookie(senderIndex, crypto.randomBytes(macBytes), new RoomMac(crypto, key), mac1);
    expect(this.dialler.onCookie(parsed(cookie, 'cookie'))).toBeUndefined();
  }

  /** What message 2 led to, coming from there: why it changed nothing, if so. */
  give(response: Uint8Array, from: Address = home): string | undefined {
    const answer = this.dialler.onResponse(parsed(response, 'response'), from, this.now);
    if (answer.type === 'responded') this.#decide(answer.dial.key, from);
    this.#apply();
    return answer.type === 'dropped' ? answer.reason : undefined;
  }

  #decide(key: string, from: Address): void {
    if (this.decision === 'stop') return this.dialler.stop(key);
    if (this.decision === 'postpone') return this.dialler.postpone(key, this.now);
    const { finish, established } = this.dialler.finish(key, aliceHello, this.now);
    const session = new Session(established, from, nodeCrypto, this.now, finish);
    this.sessions.push(session);
    this.dialler.onOpened(key, session);
  }

  get types(): readonly (number | undefined)[] {
    return this.sent.map(({ bytes }) => bytes[0]);
  }
}

describe('a host name', () => {
  test('an address that has not answered is named as dead in the next question, so that the answer is another one', () => {
    const bench = new DiallerBench();
    bench.reach();
    expect([bench.asked, bench.dead]).toEqual([['bob.test'], undefined]);
    bench.runUntil(bench.now + handshakeGiveUpMs + 2 * redialDelayMs);
    expect([bench.asked, bench.dead]).toEqual([['bob.test', 'bob.test'], home.ip]);
  });

  test('a host name is looked up once, however many are sought there, and again later where that failed', () => {
    const bench = new DiallerBench();
    bench.dialler.start('one', { type: 'target', target }, bench.now);
    bench.dialler.start('two', { type: 'target', target: { ...target, port: 6_000 } }, bench.now);
    bench.turn();
    expect(bench.asked).toEqual(['bob.test']);
    bench.dialler.onUnresolved('bob.test', bench.now);
    bench.runUntil(bench.now + resolveRetryMs - 1);
    expect(bench.asked).toHaveLength(1);
    bench.runUntil(bench.now + 1);
    expect(bench.asked).toHaveLength(2);
    bench.resolved();
    expect(bench.sent.map(({ to }) => to.port)).toEqual([5_000, 6_000]);
  });

  test('a host name is looked up anew for each attempt: the peer may have moved', () => {
    const bench = new DiallerBench();
    bench.reach();
    bench.runUntil(bench.now + handshakeGiveUpMs + 2 * redialDelayMs);
    expect(bench.asked).toHaveLength(2);
  });
});

describe('an attempt', () => {
  test('an attempt that nobody answers is repeated, given up, and begun again after a wait that grows', () => {
    const bench = new DiallerBench();
    bench.reach();
    const begins: number[] = [];
    for (let attempt = 0; attempt < 4; attempt += 1) {
      begins.push(bench.now);
      const failed = bench.failures.length;
      while (bench.failures.length === failed) bench.runUntil(must(bench.dialler.deadline));
      while (bench.asked.length < attempt + 2) bench.runUntil(must(bench.dialler.deadline));
      bench.resolved();
    }
    const waits = begins.slice(1).map((at, index) => at - must(begins[index]) - handshakeGiveUpMs);
    for (const [index, wait] of waits.entries()) {
      expect(wait).toBeGreaterThanOrEqual(redialDelayMs * 2 ** index);
      expect(wait).toBeLessThan(1.5 * redialDelayMs * 2 ** index);
    }
  });

  test('an attempt that is answered ends in message 3 and a session, and is over once that is confirmed', () => {
    const bench = new DiallerBench();
    bench.reach();
    expect(bench.give(bench.answer())).toBeUndefined();
    bench.flush();
    bench.flush();
    expect(bench.types).toEqual([1, 3]);
    bench.dialler.onConfirmed(must(bench.sessions[0]), bench.now);
    expect([bench.dialler.deadline, bench.dialler.dials.size]).toEqual([undefined, 0]);
  });

  test('an attempt whose message 3 went along with a packet does not send it alone', () => {
    const bench = new DiallerBench();
    bench.reach();
    bench.give(bench.answer());
    must(bench.sessions[0]).enclose(new Uint8Array(30), 1_200);
    bench.flush();
    expect(bench.types).toEqual([1]);
    bench.runUntil(bench.now + 1_000);
    expect(bench.types).toEqual([1, 3]);
  });

  test('an attempt that is answered from elsewhere waits for the answer from where it asked', () => {
    const bench = new DiallerBench();
    bench.reach();
    const response = bench.answer();
    expect(bench.give(response, { ip: '203.0.113.1', port: 5_000 })).toBe('wrong-address');
    expect(bench.give(response)).toBeUndefined();
    expect(bench.sessions).toHaveLength(1);
  });

  test('an attempt that is never confirmed gives its session back', () => {
    const bench = new DiallerBench();
    bench.reach();
    bench.give(bench.answer());
    bench.triesAgain = false;
    bench.runUntil(bench.now + handshakeGiveUpMs);
    expect(bench.failures).toEqual([bench.sessions[0]]);
    expect(bench.dialler.dials.size).toBe(0);
  });

  test.each<[string, Decision, number, number]>([
    ['who is here already ends', 'stop', 0, 0],
    ['for whom there is no room is made again later', 'postpone', 1, 1],
  ])('an attempt to reach somebody %s', (_who, decision, failures, dials) => {
    const bench = new DiallerBench();
    bench.decision = decision;
    bench.reach();
    bench.give(bench.answer());
    bench.flush();
    expect([bench.types, bench.failures.length, bench.dialler.dials.size]).toEqual([[1], failures, dials]);
  });

  test("an attempt on another's word sends message 1 once, and again only with the cookie that has come", () => {
    const bench = new DiallerBench();
    bench.dialler.start('introduced', { type: 'introduced', address: home }, bench.now);
    bench.runUntil(bench.now + 3_000);
    expect(bench.types).toEqual([1]);
    bench.giveCookie();
    bench.runUntil(bench.now + 1);
    expect(bench.types).toEqual([1, 1]);
    expect(bench.sent[1]?.bytes.subarray(-macBytes)).not.toEqual(new Uint8Array(macBytes));
  });

  test('an attempt is known by its ephemeral key only while nobody has answered it', () => {
    const bench = new DiallerBench();
    expect(bench.dialler.ephemeralTowards(home)).toBeUndefined();
    bench.reach();
    expect(bench.dialler.ephemeralTowards(home)).toHaveLength(32);
    bench.give(bench.answer());
    expect(bench.dialler.ephemeralTowards(home)).toBeUndefined();
  });
});
