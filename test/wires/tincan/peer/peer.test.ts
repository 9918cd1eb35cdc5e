import { describe, expect, test } from '@jest/globals';
import { encodeFrames } from '../../../../src/wires/tincan/codec/frame-table.ts';
import { closeCodes } from '../../../../src/wires/tincan/codec/frames.ts';
import type { Frame } from '../../../../src/wires/tincan/codec/frames.ts';
import {
  amplificationLimit,
  handshakeGiveUpMs,
  keepaliveMs,
  rekeyAfterMs,
  rekeyRetryMs,
  retiredSessionsMax,
  silentDoubtedMs,
  silentMs,
  silentUnacknowledgedMs,
} from '../../../../src/wires/tincan/limits.ts';
import { PeerPair, datagramsOf, heard } from './peer-pair.ts';
import type { End } from './peer-pair.ts';

/** A pair that has met. */
function met(): PeerPair {
  const pair = new PeerPair();
  pair.open();
  pair.run(100);
  return pair;
}

/** A packet under the newest session of `from`, with whatever frames. */
function packetOf(from: End, frames: readonly Frame[]): Uint8Array {
  const session = [...from.sessions.values()].at(-1);
  if (session === undefined) throw new Error('a session is open');
  return session.sealer.seal(encodeFrames(frames)).bytes;
}

/** How many sessions two lines go under, one each way. */
function sessionsUsed(pair: PeerPair): number {
  const used = new Set<number>();
  pair.arrives = (_from, bytes) => {
    used.add(Math.floor((bytes[4] ?? 0) / 10));
    return true;
  };
  pair.say(pair.alice, 'one');
  pair.say(pair.bob, 'two');
  pair.run(1_000);
  return used.size;
}

describe('a peer', () => {
  test('a peer is there from the first packet under its keys; the side that is spoken to knows it from message 3', () => {
    const pair = new PeerPair();
    pair.open();
    expect([pair.alice.told, pair.bob.told]).toEqual([[], ['joined']]);
    pair.settle();
    expect(pair.alice.told).toEqual(['confirmed', 'joined']);
  });

  test('a peer that shakes hands all the time keeps a few sessions, and the newest works', () => {
    const pair = met();
    for (let count = 0; count < 100; count += 1) {
      pair.open();
      pair.run(50);
    }
    expect(pair.bob.sessions.size).toBe(1 + retiredSessionsMax);
    pair.say(pair.alice, 'still here');
    pair.run(100);
    expect(heard(pair.bob)).toEqual(['still here']);
  });

  test('a peer is asked after a while without a word, and stays', () => {
    const pair = met();
    const sent: number[] = [];
    pair.arrives = (from) => {
      if (from === pair.alice) sent.push(pair.now);
      return true;
    };
    pair.run(10 * keepaliveMs);
    expect(sent.length).toBeGreaterThanOrEqual(10);
    expect(pair.alice.peer.joined).toBe(true);
    expect(pair.bob.told).toEqual(['joined', 'rekey due']);
  });

  test.each([
    ['nothing is owed', undefined, silentMs],
    ['a line waits for its ack', 'hello', silentUnacknowledgedMs],
  ])('a peer that is silent is gone in its time where %s', (_what, line, afterMs) => {
    const pair = met();
    pair.arrives = () => false;
    if (line !== undefined) pair.say(pair.alice, line);
    pair.run(afterMs - 1_000);
    expect(pair.alice.told).not.toContain('lost');
    pair.run(2_000);
    expect(pair.alice.told).toContain('lost');
    expect([pair.alice.peer.deadline, pair.alice.sessions.size]).toEqual([undefined, 0]);
  });

  test('a peer whose place somebody else has taken answers at once, or is gone', () => {
    const there = met();
    there.alice.peer.doubt(there.now);
    there.run(5 * silentDoubtedMs);
    expect([there.alice.peer.joined, there.alice.peer.isDoubted]).toEqual([true, false]);
    const gone = met();
    gone.arrives = () => false;
    gone.alice.peer.doubt(gone.now);
    gone.run(5 * silentDoubtedMs);
    expect(gone.alice.peer.joined).toBe(false);
  });

  test('a peer that says goodbye has left; on a session that was replaced it is late, and changes nothing', () => {
    const pair = met();
    const late = packetOf(pair.bob, [{ type: 'close', code: closeCodes.leaving }]);
    // The lowest of all ephemeral keys: of two sessions that crossed, both sides keep this one.
    pair.open(pair.bob, new Uint8Array(32));
    pair.settle();
    pair.give(pair.alice, late, pair.bob.address);
    expect(pair.alice.peer.joined).toBe(true);
    pair.bob.peer.close(closeCodes.leaving, pair.now);
    pair.settle();
    expect(pair.alice.told.at(-1)).toBe('left');
  });

  test('a packet on a session of a log that is over is refused, but not a refusal, which would go to and fro for ever', () => {
    const pair = met();
    const logId = new Uint8Array(8).fill(9);
    const following = { followedLogId: pair.alice.log.id, held: 0, known: 0 };
    pair.alice.peer.incoming.onResume({ type: 'resume', logId, start: 1, head: 0, ...following });
    const packets = [{ type: 'ping' } as const, { type: 'close', code: closeCodes.keyInUse } as const];
    const answers = packets.map((frame) => {
      const reason = pair.give(pair.alice, packetOf(pair.bob, [frame]), pair.bob.address);
      return [reason, datagramsOf(pair.alice).length];
    });
    expect(answers).toEqual([
      ['other-log', 1],
      ['other-log', 0],
    ]);
  });
});

describe('new keys', () => {
  test('new keys are asked for by the side that opened the session, again if nothing comes of it', () => {
    const pair = met();
    pair.run(rekeyAfterMs);
    expect([pair.alice.told.at(-1), pair.bob.told]).toEqual(['rekey due', ['joined']]);
    pair.run(rekeyRetryMs);
    expect(pair.alice.told.filter((what) => what === 'rekey due')).toHaveLength(2);
  });

  test('new keys change nothing in what is heard, also where lines were under way', () => {
    const pair = met();
    pair.arrives = () => false;
    for (let line = 0; line < 5; line += 1) pair.say(pair.alice, `line ${line}`);
    pair.settle();
    pair.arrives = () => true;
    pair.open();
    pair.settle();
    expect(heard(pair.bob)).toEqual(['line 0', 'line 1', 'line 2', 'line 3', 'line 4']);
    expect(pair.bob.told).toEqual(['joined', 'renewed', 'spoke']);
  });

  test('new keys of two handshakes of one side lead to one session for both, in whatever order its packets come', () => {
    const pair = new PeerPair();
    pair.open(pair.alice);
    const late: Uint8Array[] = [];
    pair.arrives = (from, bytes) => {
      if (from === pair.bob) late.push(bytes);
      return from === pair.alice;
    };
    pair.settle();
    pair.open(pair.alice);
    pair.arrives = () => true;
    pair.settle();
    // The first packet of the first session comes after those of the second.
    for (const bytes of late) pair.give(pair.alice, bytes, pair.bob.address);
    pair.say(pair.alice, 'hi');
    pair.say(pair.bob, 'hello');
    pair.run(100);
    expect([heard(pair.bob), heard(pair.alice)]).toEqual([['hi'], ['hello']]);
    expect(sessionsUsed(pair)).toBe(1);
  });

  test('new keys that both sides opened at once lead to one session, for both the same', () => {
    const pair = new PeerPair();
    pair.open(pair.alice);
    pair.open(pair.bob);
    pair.say(pair.alice, 'hi');
    pair.say(pair.bob, 'hello');
    pair.run(1_000);
    expect([heard(pair.bob), heard(pair.alice)]).toEqual([['hi'], ['hello']]);
    expect(sessionsUsed(pair)).toBe(1);
  });

  test('new keys are not left for the old ones because something late was read after a pause', () => {
    const pair = met();
    const late = packetOf(pair.bob, [{ type: 'ping' }]);
    pair.now += handshakeGiveUpMs;
    pair.open();
    pair.run(100);
    pair.now += 6_000;
    // Bob hears her on the new one, but she has not yet read what he says.
    pair.arrives = (from) => from === pair.alice;
    pair.say(pair.alice, 'awake again');
    pair.settle();
    pair.arrives = () => true;
    pair.give(pair.alice, late, pair.bob.address);
    // It is acknowledged under the keys that it came with.
    pair.run(100);
    expect(sessionsUsed(pair)).toBe(1);
  });

  test('new keys that one side made after it lost the old ones are used by the other at the second unanswered probe', () => {
    const pair = new PeerPair();
    pair.open(pair.alice, new Uint8Array(32).fill(1));
    pair.run(100);
    // Bob takes her for lost, after a leap of his clock, and opens a session to which she prefers the old one.
    pair.bob.peer.leave('lost', 'no answer', pair.now);
    pair.arrives = (from) => from === pair.bob;
    pair.say(pair.alice, 'are you there?');
    pair.settle();
    pair.now += 1_000;
    pair.arrives = () => true;
    pair.open(pair.bob, new Uint8Array(32).fill(9));
    pair.run(3_000);
    expect(heard(pair.bob)).toEqual(['are you there?']);
    expect(sessionsUsed(pair)).toBe(1);
  });

  test('new keys of which one side has given up bring the other back to the old ones', () => {
    const pair = met();
    pair.now += handshakeGiveUpMs;
    // Bob has opened a session, which alice uses, and has heard nothing of it.
    pair.arrives = (from) => from === pair.bob;
    pair.open(pair.bob);
    pair.settle();
    const opened = [...pair.bob.sessions.values()].at(-1);
    if (opened !== undefined) pair.bob.peer.abandon(opened, pair.now);
    pair.arrives = () => true;
    for (let second = 0; second < 8; second += 1) {
      pair.say(pair.alice, `a${second}`);
      pair.say(pair.bob, `b${second}`);
      pair.run(1_000);
    }
    expect([heard(pair.bob).length, heard(pair.alice).length]).toEqual([8, 8]);
    expect(sessionsUsed(pair)).toBe(1);
  });
});

describe('a peer that moves', () => {
  const elsewhere = { ip: '203.0.113.9', port: 7_000 };

  test('a peer that moves is followed, proves its new address, and is sent to there', () => {
    const pair = met();
    pair.bob.address = elsewhere;
    pair.say(pair.bob, 'moved');
    pair.run(1_000);
    expect([pair.alice.peer.path.address, pair.alice.peer.path.deadline]).toEqual([elsewhere, undefined]);
    expect(pair.alice.told.at(-1)).toBe('renewed');
  });

  test('a peer that moves and says little proves its address all the same, however long the list of what it is acknowledged', () => {
    const pair = met();
    // Every other packet is lost, so that acks have many ranges.
    let packets = 0;
    pair.arrives = (from) => from === pair.alice || (packets += 1) % 2 === 0;
    for (let line = 0; line < 60; line += 1) {
      pair.say(pair.bob, `line ${line}`);
      pair.run(100);
    }
    pair.arrives = () => true;
    pair.run(1_000);
    pair.bob.address = elsewhere;
    // A PING is the least that can come.
    pair.bob.peer.doubt(pair.now);
    pair.run(1_000);
    expect([pair.alice.peer.path.address, pair.alice.peer.path.deadline]).toEqual([elsewhere, undefined]);
  });

  test('a peer that moves is not followed by an older packet than the newest, whoever sends it on', () => {
    const pair = met();
    const held = packetOf(pair.bob, [{ type: 'ping' }]);
    pair.say(pair.bob, 'newer');
    pair.settle();
    expect(pair.give(pair.alice, held, elsewhere)).toBeUndefined();
    expect(pair.alice.peer.path.address).toEqual(pair.bob.address);
  });

  test('a peer that moves is sent no more than three times what came from where it seems to be, until that is proven', () => {
    const pair = met();
    const ping = packetOf(pair.bob, [{ type: 'ping' }]);
    pair.arrives = () => false;
    pair.give(pair.alice, ping, elsewhere);
    for (let line = 0; line < 50; line += 1) pair.say(pair.alice, 'x'.repeat(1_000));
    let sent = 0;
    pair.arrives = (from, bytes) => {
      if (from === pair.alice && pair.alice.peer.path.address === elsewhere) sent += bytes.length;
      return false;
    };
    pair.run(500);
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThanOrEqual(amplificationLimit * ping.length);
  });
});

describe('a peer that breaks the rules', () => {
  const line: Frame = {
    type: 'line',
    seq: 1,
    kind: 'room',
    offset: 0,
    fin: true,
    bytes: Uint8Array.of(0xff),
  };

  test.each<[string, readonly Frame[]]>([
    ['a line that is not UTF-8', [line]],
    [
      'an ack of a packet that was never sent',
      [{ type: 'ack', ranges: [{ from: 900, to: 900 }], delayMs: 0 }],
    ],
    ['a receipt for a line that it does not have', [{ type: 'receipt', seq: 5, creditBytes: 0 }]],
  ])(
    'a peer that breaks the rules by %s is lost with a warning, and nothing that it said counts',
    (reason, frames) => {
      const pair = met();
      pair.give(pair.alice, packetOf(pair.bob, frames), pair.bob.address);
      expect(pair.alice.told.at(-1)).toBe('violated');
      expect(pair.alice.events).toMatchObject([{ type: 'warning', code: 'protocol-violation' }]);
      expect(pair.alice.events.map((event) => (event.type === 'warning' ? event.message : ''))[0]).toContain(
        reason,
      );
      expect(heard(pair.alice)).toEqual([]);
    },
  );

  test('a peer that breaks the rules is heard up to there: the lines that were whole before are given out', () => {
    const pair = met();
    const good = (seq: number): Frame => ({ ...line, seq, bytes: Uint8Array.of(96 + seq) });
    pair.give(pair.alice, packetOf(pair.bob, [good(2), { ...line, seq: 3 }]), pair.bob.address);
    pair.give(pair.alice, packetOf(pair.bob, [good(1)]), pair.bob.address);
    expect([pair.alice.told.at(-1), heard(pair.alice)]).toEqual(['violated', ['a', 'b']]);
    pair.alice.peer.onTaken(2, pair.now);
    expect(pair.alice.peer.incoming.costBytes).toBe(0);
  });

  test('a peer that breaks the rules by a LINE before any RESUME is lost', () => {
    const pair = new PeerPair();
    pair.open();
    pair.give(pair.bob, packetOf(pair.alice, [line]), pair.alice.address);
    expect(pair.bob.told).toEqual(['joined', 'violated']);
  });

  test('a peer that broke the rules is let in again with new keys, and goes on where it was', () => {
    const pair = met();
    pair.say(pair.bob, 'before');
    pair.run(100);
    pair.give(pair.alice, packetOf(pair.bob, [{ ...line, seq: 2 }]), pair.bob.address);
    expect(pair.alice.peer.joined).toBe(false);
    pair.bob.peer.leave('lost', 'closed', pair.now);
    pair.open(pair.bob);
    pair.say(pair.bob, 'after');
    pair.run(1_000);
    expect(heard(pair.alice)).toEqual(['before', 'after']);
  });
});

test('a datagram that was seen before, was changed or came after the end of its session changes nothing', () => {
  const pair = met();
  const ping = packetOf(pair.bob, [{ type: 'ping' }]);
  const changed = Uint8Array.from(ping);
  changed[12] = (changed[12] ?? 0) ^ 1;
  const before = pair.alice.peer.status;
  expect(pair.give(pair.alice, changed, pair.bob.address)).toBe('forged');
  expect(pair.alice.peer.status).toEqual(before);
  expect(pair.give(pair.alice, ping, pair.bob.address)).toBeUndefined();
  expect(pair.give(pair.alice, ping, pair.bob.address)).toBe('duplicate');
  const last = packetOf(pair.bob, [{ type: 'ping' }]);
  const session = [...pair.alice.sessions.values()][0];
  pair.now = session?.endsAt ?? 0;
  expect(pair.give(pair.alice, last, pair.bob.address)).toBe('session-over');
});
