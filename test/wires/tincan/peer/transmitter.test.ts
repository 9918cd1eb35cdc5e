import { describe, expect, test } from '@jest/globals';
import type { Frame, IntroduceFrame, LineFrame } from '../../../../src/wires/tincan/codec/frames.ts';
import { Incoming } from '../../../../src/wires/tincan/peer/incoming.ts';
import {
  amplificationLimit,
  creditBytes,
  creditUrgentShare,
  blackHoleLosses,
  blackHoleProbeTimeouts,
  datagramBaseBytes,
  datagramLocalBytes,
  datagramTrialsMax,
  initialWindowPackets,
  probesPerTimeout,
} from '../../../../src/wires/tincan/limits.ts';
import { Outputs } from '../../../../src/kernel/io.ts';
import { Agenda } from '../../../../src/wires/tincan/peer/agenda.ts';
import { Effects } from '../../../../src/wires/tincan/peer/effects.ts';
import { Liveness } from '../../../../src/wires/tincan/peer/liveness.ts';
import type { MakeController } from '../../../../src/wires/tincan/delivery/congestion.ts';
import { NewReno } from '../delivery/newreno.ts';
import { Link } from '../../../../src/wires/tincan/peer/link.ts';
import { Log } from '../../../../src/wires/tincan/log.ts';
import { Memory } from '../../../../src/wires/tincan/memory.ts';
import { Outgoing } from '../../../../src/wires/tincan/peer/outgoing.ts';
import { Path } from '../../../../src/wires/tincan/delivery/path.ts';
import { Session } from '../../../../src/wires/tincan/delivery/session.ts';
import { Transmitter } from '../../../../src/wires/tincan/peer/transmitter.ts';
import { nodeCrypto } from '../../../../src/runtime/crypto.ts';
import { establishedOf, peerIdOf } from './peer-pair.ts';

interface Sent {
  readonly packetNumber: number;
  readonly frames: readonly Frame[];
  readonly bytes: number;
  readonly probe: boolean;
}

const home = { ip: '192.0.2.2', port: 5_000 };
const localIp = '127.0.0.1';
const otherLogId = new Uint8Array(8).fill(2);
const bobId = peerIdOf(new Uint8Array(32).fill(2));

/** A transmitter with real parts around it, and what it sent. Its other side is the test. */
class TransmitterBench {
  now = 1_000_000;
  readonly log = new Log(new Uint8Array(8).fill(1));
  readonly memory = new Memory();
  readonly incoming = new Incoming(this.memory);
  readonly path = new Path(home);
  readonly link: Link;
  readonly session = new Session(establishedOf(), home, nodeCrypto, this.now);
  readonly transmitter: Transmitter;
  sent: Sent[] = [];
  /** What was told of repeats and losses. */
  readonly told: unknown[] = [];
  readonly #effects = new Effects({ tell: () => undefined });

  constructor(control: MakeController = (path) => new NewReno(path)) {
    const link = new Link({
      datagramGoalBytes: (ip) => (ip === localIp ? datagramLocalBytes : datagramBaseBytes),
      control,
    });
    this.link = link;
    const { log, memory, incoming, path } = this;
    this.transmitter = new Transmitter({
      peer: { id: bobId, name: 'bob' },
      crypto: nodeCrypto,
      control,
      memory,
      log,
      outgoing: new Outgoing({ log, memory, follower: bobId, start: 1 }),
      incoming,
      link,
      liveness: new Liveness({ crypto: nodeCrypto, rtt: link.rtt }),
      path,
      effects: this.#effects,
      agenda: new Agenda(() => undefined),
      outputs: new Outputs(),
      pins: { belongsToAnother: () => false },
      isKept: false,
      datagramGoalBytes: () => datagramBaseBytes,
    });
    // The other side has said which log it has.
    this.session.onResume(otherLogId);
    this.transmitter.use(this.session);
  }

  say(...lengths: readonly number[]): void {
    for (const length of lengths) {
      const bytes = new Uint8Array(length).fill(97);
      this.log.append({ type: 'line', bytes, ref: undefined, to: undefined });
    }
  }

  /** What leaves after `ms`. */
  flush(ms = 0): readonly Sent[] {
    this.now += ms;
    this.sent = [];
    this.transmitter.onRecoveryTimeout(this.now);
    this.transmitter.flush(this.now);
    return this.gather();
  }

  /** Adds to `sent` what has left since the last time, as the trace tells it. */
  gather(): readonly Sent[] {
    for (const effect of this.#effects.take()) {
      if (effect.type !== 'trace') continue;
      if (effect.event.type === 'packet-lost') this.told.push(...effect.event.lines);
      if (effect.event.type !== 'packet-sent') continue;
      const { packetNumber, frames, bytes, probe, repeats } = effect.event;
      this.told.push(...repeats);
      this.sent.push({ packetNumber, frames, bytes, probe });
    }
    return this.sent;
  }

  /** The other side has got these. */
  ack(...packets: readonly Sent[]): void {
    const ranges = packets
      .map(({ packetNumber }) => ({ from: packetNumber, to: packetNumber }))
      .toSorted((a, b) => b.to - a.to);
    this.transmitter.onAck(this.session, { type: 'ack', ranges, delayMs: 0 }, this.now);
  }

  /** Past the start: RESUME has arrived, and a round trip of 100 ms is known. */
  settle(): this {
    this.transmitter.ping();
    const sent = this.flush();
    this.now += 100;
    this.ack(...sent);
    return this;
  }

  /** An ack-eliciting packet of the peer's has come in. */
  receive(packetNumber: number): void {
    const packet = { packetNumber, bytes: 30, ackEliciting: true, immediate: false, holes: false };
    this.session.acks.onReceived(packet, this.link.rtt.ackDelayMs, this.now);
  }

  /** The peer's log is followed, and the face has a line of it of this size. */
  hear(seq: number, length: number): void {
    const logId = new Uint8Array(8).fill(2);
    const start = { logId, start: 1, head: seq, followedLogId: new Uint8Array(8), held: 0, known: 0 };
    if (this.incoming.logId === undefined) this.incoming.onResume({ type: 'resume', ...start });
    const bytes = new Uint8Array(length).fill(97);
    this.incoming.onLine({ type: 'line', seq, kind: 'room', offset: 0, fin: true, bytes });
  }
}

const types = (packets: readonly Sent[]): string[][] =>
  packets.map(({ frames }) => frames.map(({ type }) => type));

function linesIn(packets: readonly Sent[]): number[] {
  const lines = packets.flatMap(({ frames }) =>
    frames.filter((frame): frame is LineFrame => frame.type === 'line'),
  );
  return lines.map(({ seq }) => seq);
}

describe('RESUME', () => {
  test('a RESUME goes into each packet until one with it has arrived, before any line', () => {
    const bench = new TransmitterBench();
    bench.say(10);
    const first = bench.flush();
    bench.say(10);
    const second = bench.flush(10);
    expect([...types(first), ...types(second)].map(([type]) => type)).toEqual(['resume', 'resume']);
    bench.ack(...second);
    bench.say(10);
    expect(types(bench.flush(10)).flat()).not.toContain('resume');
  });
});

describe('lines', () => {
  test('lines that are there together share packets', () => {
    const bench = new TransmitterBench().settle();
    bench.say(...Array.from({ length: 50 }, () => 20));
    expect(bench.flush()).toHaveLength(2);
  });

  test('lines wait where the window is full, and then go, the lost ones first', () => {
    const bench = new TransmitterBench().settle();
    bench.say(...Array.from({ length: 30 }, () => 1_000));
    const sent = [...bench.flush()];
    for (let more = bench.flush(5); more.length > 0; more = bench.flush(5)) sent.push(...more);
    expect(sent.length).toBeGreaterThanOrEqual(initialWindowPackets - 1);
    expect(linesIn(sent)).toEqual(sent.map((_, index) => index + 1));
    // The first is lost; the ack of the others makes room.
    bench.ack(...sent.slice(1));
    expect(linesIn(bench.flush(5))[0]).toBe(1);
  });

  test('lines under way and small are repeated in packets that go anyhow, and none is made for them', () => {
    const bench = new TransmitterBench().settle();
    bench.say(20);
    expect(linesIn(bench.flush())).toEqual([1]);
    expect(bench.flush(20)).toEqual([]);
    bench.say(20);
    expect(linesIn(bench.flush(20))).toEqual([2, 1]);
  });
});

describe('a repair', () => {
  test('a loss tells what becomes of its lines, and a line that goes again tells which packet was lost', () => {
    const bench = new TransmitterBench().settle();
    bench.say(1_000, 1_000, 1_000, 1_000, 1_000);
    const [first, ...others] = bench.flush();
    const lost = first?.packetNumber ?? -1;
    bench.now += 100;
    bench.ack(...others);
    expect(linesIn(bench.flush(5))).toEqual([1]);
    expect(bench.told).toEqual([
      { seq: 1, fate: 'goes-again', packetNumber: undefined },
      { seq: 1, cause: 'ack-gap', packetBefore: lost, laterMs: 105 },
    ]);
    bench.ack(...bench.sent);
    expect(bench.link.figures).toMatchObject({ packetsLost: 1, repairsByAckGap: 1, repairMeanMs: 105 });
  });

  test('a line that has arrived in another packet does not go again when its first one proves lost', () => {
    const bench = new TransmitterBench().settle();
    bench.say(20);
    bench.flush();
    bench.say(20);
    const along = [...bench.flush(40)];
    const number = along[0]?.packetNumber ?? -1;
    bench.now += 100;
    bench.ack(...along);
    expect(bench.flush(300)).toEqual([]);
    expect(bench.told).toEqual([
      { seq: 1, cause: 'piggyback', packetBefore: number - 1, laterMs: 40 },
      { seq: 1, fate: 'arrived', packetNumber: number },
    ]);
    expect(bench.link.figures).toMatchObject({ packetsLost: 1, repairs: 1, repairsByPiggyback: 1 });
  });
});

describe('an ack', () => {
  test('an ack waits for a line to go along with, and goes alone in the end', () => {
    const bench = new TransmitterBench().settle();
    bench.receive(0);
    expect(bench.flush()).toEqual([]);
    bench.say(20);
    expect(types(bench.flush())).toEqual([['ack', 'line']]);
    bench.receive(1);
    bench.now = bench.transmitter.deadline ?? 0;
    expect(types(bench.flush())).toEqual([['ack']]);
  });

  test('an ack goes although the window is full', () => {
    const bench = new TransmitterBench().settle();
    bench.say(...Array.from({ length: 30 }, () => 1_000));
    while (bench.flush(5).length > 0);
    bench.receive(0);
    bench.now = bench.transmitter.deadline ?? 0;
    expect(types(bench.flush())).toEqual([['ack']]);
  });
});

describe('a probe', () => {
  test('a probe repeats what has waited longest and asks for its ack at once, whatever the window says', () => {
    const bench = new TransmitterBench().settle();
    bench.say(...Array.from({ length: 30 }, () => 1_000));
    while (bench.flush(5).length > 0);
    const probes = bench.flush((bench.link.recovery.deadline ?? 0) - bench.now);
    expect(probes.map(({ probe }) => probe)).toEqual(Array.from({ length: probesPerTimeout }, () => true));
    expect(probes.map(({ frames }) => frames[0]?.type)).toEqual(['immediate-ack', 'immediate-ack']);
    expect(linesIn(probes)).toEqual([1, 1]);
  });

  test('a probe sends what is lost before it repeats what is under way: the peer may have room for nothing else', () => {
    const bench = new TransmitterBench().settle();
    bench.say(...Array.from({ length: 30 }, () => 1_000));
    const sent: Sent[] = [];
    for (let more = bench.flush(5); more.length > 0; more = bench.flush(5)) sent.push(...more);
    const [, , , , fifth] = sent;
    if (fifth === undefined) throw new Error('five packets leave');
    bench.ack(fifth);
    // What is lost waits, as the window is full, until the probe timer is due.
    let probes: readonly Sent[] = [];
    while (probes.length === 0) probes = bench.flush((bench.link.recovery.deadline ?? 0) - bench.now);
    expect([probes.map(({ probe }) => probe), linesIn(probes)]).toEqual([
      [true, true],
      [1, 2],
    ]);
  });

  test('a probe repeats a receipt that is under way', () => {
    const bench = new TransmitterBench().settle();
    bench.hear(1, 10);
    bench.incoming.onTaken(1);
    bench.transmitter.onTaken(bench.now);
    bench.flush(50);
    const probes = bench.flush((bench.link.recovery.deadline ?? 0) - bench.now);
    expect(types(probes)).toEqual([
      ['immediate-ack', 'receipt'],
      ['immediate-ack', 'receipt'],
    ]);
  });

  test('a probe only asks where nothing else is under way', () => {
    const bench = new TransmitterBench().settle();
    bench.transmitter.ping();
    bench.flush();
    expect(types(bench.flush((bench.link.recovery.deadline ?? 0) - bench.now))).toEqual([
      ['immediate-ack'],
      ['immediate-ack'],
    ]);
  });
});

describe('a receipt', () => {
  test('a receipt waits as long as an ack would, or goes with the next packet', () => {
    const bench = new TransmitterBench().settle();
    bench.hear(1, 10);
    bench.incoming.onTaken(1);
    bench.transmitter.onTaken(bench.now);
    expect(bench.flush()).toEqual([]);
    bench.say(10);
    expect(types(bench.flush())).toEqual([['receipt', 'line']]);
  });

  test('a receipt goes at once where much of the credit is used, and again where it was lost', () => {
    const bench = new TransmitterBench().settle();
    for (let seq = 1; seq * 60_000 < creditBytes * creditUrgentShare + 60_000; seq += 1)
      bench.hear(seq, 60_000);
    bench.incoming.onTaken(bench.incoming.held);
    bench.transmitter.onTaken(bench.now);
    const sent = bench.flush();
    expect(types(sent)).toEqual([['receipt']]);
    bench.transmitter.ping();
    const later = bench.flush(500);
    bench.ack(...later.slice(-1));
    expect(types([...later, ...bench.flush(500)]).flat()).toContain('receipt');
  });
});

describe('at an address that is not proven', () => {
  const elsewhere = { ip: '203.0.113.9', port: 7_000 };

  test('to an address that is not proven, no more is sent than three times what came, and the challenge goes before all else', () => {
    const bench = new TransmitterBench().settle();
    bench.path.onReceived(elsewhere, 26, true, nodeCrypto, bench.now);
    const due = bench.path.onTimeout(50, bench.now);
    if (due === undefined || due === 'reverted') throw new Error('a challenge is due');
    bench.transmitter.challenge(due.token);
    for (let packetNumber = 0; packetNumber < 60; packetNumber += 2) bench.receive(packetNumber);
    bench.say(...Array.from({ length: 20 }, () => 1_000));
    const sent = [...bench.flush(), ...bench.flush(100), ...bench.flush(100)];
    expect(sent[0]?.frames[0]?.type).toBe('path-challenge');
    expect(sent.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(amplificationLimit * 26);
  });
});

describe('on a path that takes large datagrams', () => {
  /** The other side is on this machine, and the window has room for a large datagram. */
  function localBench(): TransmitterBench {
    const bench = new TransmitterBench();
    bench.session.onConfirmed();
    bench.link.onSession(localIp);
    bench.settle();
    while (bench.link.congestion.windowBytes < 8 * datagramLocalBytes) {
      bench.say(1_100);
      const sent = bench.flush(10);
      bench.now += 10;
      bench.ack(...sent);
    }
    return bench;
  }
  const large = (sent: readonly Sent[]): readonly Sent[] =>
    sent.filter(({ bytes }) => bytes > datagramBaseBytes);
  const lines = (...groups: readonly (readonly Sent[])[]): number[] =>
    groups
      .flat()
      .flatMap(({ frames }) => frames.flatMap((frame) => (frame.type === 'line' ? [frame.seq] : [])));

  test('one large datagram is on trial, and only once it has arrived, others go', () => {
    const bench = localBench();
    bench.say(...Array.from({ length: 200 }, () => 1_000));
    const first = bench.flush();
    expect(large(first).map(({ bytes }) => Math.ceil(bytes / 1_024))).toEqual([16]);
    bench.ack(...first);
    expect(large(bench.flush(1)).length).toBeGreaterThan(1);
  });

  test('what was in a large datagram that is lost goes again in small ones, and after some such losses none is large', () => {
    const bench = localBench();
    const trials: Sent[] = [];
    const arrived: Sent[] = [];
    for (let round = 0; round < 20; round += 1) {
      bench.say(...Array.from({ length: 20 }, () => 1_000));
      const sent = [...bench.flush(10)];
      const small = sent.filter(({ bytes }) => bytes <= datagramBaseBytes);
      trials.push(...large(sent));
      arrived.push(...small);
      bench.now += 10;
      bench.ack(...small);
    }
    expect(trials.length).toBe(datagramTrialsMax);
    expect(lines(arrived)).toEqual(expect.arrayContaining(lines(trials)));
  });

  test.each([
    ['when many in a row are lost, though small ones arrive', blackHoleLosses, true],
    ['when nothing at all is answered', blackHoleProbeTimeouts, false],
  ])('large datagrams are given up %s', (_, rounds, smallArrive) => {
    const bench = localBench();
    bench.say(...Array.from({ length: 60 }, () => 1_000));
    bench.ack(...bench.flush());
    bench.say(...Array.from({ length: 200 }, () => 1_000));
    let sent = bench.flush(1);
    expect(large(sent).length).toBeGreaterThan(1);
    for (let round = 0; round < 2 * rounds && bench.link.mtu.passedBytes > datagramBaseBytes; round += 1) {
      if (smallArrive) {
        bench.transmitter.ping();
        sent = bench.flush(50);
        bench.ack(...sent.filter(({ bytes }) => bytes <= datagramBaseBytes));
      } else sent = bench.flush(10_000);
    }
    expect(bench.link.mtu.passedBytes).toBe(datagramBaseBytes);
    expect(large(bench.flush(1_000))).toEqual([]);
    expect(bench.link.recovery.packetsInFlight).toBeGreaterThan(0);
  });

  /** A session with this machine, and a controller that allows just this. */
  function allowing(windowBytes: number, pacingBytesPerMs: number): TransmitterBench {
    const still = { onAck() {}, onLoss() {}, onPersistentCongestion() {}, reset() {} };
    const bench = new TransmitterBench(() => ({ ...still, windowBytes, pacingBytesPerMs }));
    bench.link.onSession(localIp);
    return bench;
  }

  test.each([
    ['a quarter of the window', 30_000, 1_000_000, 7_500],
    ['a millisecond of the rate', 1_000_000, 5_000, 5_000],
  ])('a datagram takes no more than %s', (_, windowBytes, pacingBytesPerMs, most) => {
    const bench = allowing(windowBytes, pacingBytesPerMs);
    bench.session.onConfirmed();
    bench.say(...Array.from({ length: 100 }, () => 300));
    const longest = Math.max(...bench.flush().map(({ bytes }) => bytes));
    expect(longest).toBeGreaterThan(most - 500);
    expect(longest).toBeLessThanOrEqual(most);
  });

  test('before the other side has shown that it holds the keys, no datagram is large', () => {
    const bench = allowing(1_000_000, 1_000_000);
    bench.say(...Array.from({ length: 200 }, () => 300));
    expect(large(bench.flush())).toEqual([]);
    bench.session.onConfirmed();
    bench.say(...Array.from({ length: 200 }, () => 300));
    expect(large(bench.flush(1))).toHaveLength(1);
  });

  test('to an address that is not proven, no large datagram leaves, however much came from there', () => {
    const bench = localBench();
    bench.say(...Array.from({ length: 60 }, () => 1_000));
    bench.ack(...bench.flush());
    bench.say(...Array.from({ length: 200 }, () => 1_000));
    expect(large(bench.flush(1)).length).toBeGreaterThan(1);
    bench.path.onReceived({ ip: '203.0.113.9', port: 7_000 }, 100_000, true, nodeCrypto, bench.now);
    bench.say(...Array.from({ length: 60 }, () => 1_000));
    const sent = [...bench.flush(10), ...bench.flush(1_000), ...bench.flush(5_000)];
    expect(sent.length).toBeGreaterThan(0);
    expect(large(sent)).toEqual([]);
  });

  test('at another address, what is under way in large pieces is cut anew, and goes in small ones', () => {
    const bench = localBench();
    bench.say(...Array.from({ length: 60 }, () => 1_000));
    bench.ack(...bench.flush());
    bench.say(60_000);
    expect(large(bench.flush(1)).length).toBeGreaterThan(1);
    bench.path.reset({ ip: '203.0.113.9', port: 7_000 });
    bench.transmitter.onMoved();
    const ends: number[] = [];
    for (let round = 0; round < 20; round += 1) {
      const sent = bench.flush(1_000);
      expect(large(sent)).toEqual([]);
      for (const frame of sent.flatMap(({ frames }) => frames))
        if (frame.type === 'line') ends.push(frame.offset + frame.bytes.length);
      bench.ack(...sent);
    }
    expect(Math.max(...ends)).toBe(60_000);
    expect(new Set(ends).size).toBeGreaterThanOrEqual(60_000 / datagramBaseBytes);
  });
});

describe('under a new session', () => {
  test('under a new session, what was under way goes again: lines, introductions, and the receipt', () => {
    const bench = new TransmitterBench().settle();
    const frame: IntroduceFrame = { type: 'introduce', publicKey: new Uint8Array(32), address: home };
    bench.say(10);
    bench.transmitter.introduce(frame);
    bench.hear(1, 10);
    bench.incoming.onTaken(1);
    bench.transmitter.onTaken(bench.now);
    expect(types(bench.flush())).toEqual([['receipt', 'introduce', 'line']]);
    const session = new Session(establishedOf({ localIndex: 3 }), home, nodeCrypto, bench.now);
    bench.transmitter.use(session);
    expect(types(bench.flush(10))).toEqual([['resume', 'introduce', 'line']]);
    // The receipt waits until the other side has said which log this session is about.
    session.onResume(otherLogId);
    expect(types(bench.flush(10))).toEqual([['resume', 'receipt', 'line']]);
  });

  test('without a session nothing leaves, and nothing is due', () => {
    const bench = new TransmitterBench().settle();
    bench.say(10);
    bench.transmitter.use(undefined);
    expect([bench.flush(), bench.transmitter.deadline]).toEqual([[], undefined]);
  });
});
