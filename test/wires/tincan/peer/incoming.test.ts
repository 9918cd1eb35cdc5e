import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type {
  EntryFrame,
  LineFrame,
  LinesFrame,
  ResumeFrame,
} from '../../../../src/wires/tincan/codec/frames.ts';
import { Incoming } from '../../../../src/wires/tincan/peer/incoming.ts';
import type { CompleteLine } from '../../../../src/wires/tincan/peer/incoming.ts';
import { creditBytes, incomingMaxBytes, pieceCostBytes } from '../../../../src/wires/tincan/limits.ts';
import { linesCostBytes } from '../../../../src/wires/tincan/peer/partial-line.ts';
import { Memory } from '../../../../src/wires/tincan/memory.ts';
import { textsOf as runTexts } from '../../../../src/kernel/runs.ts';
import { utf8Encode } from '../../../../src/kernel/text.ts';

const resume = (changes: Partial<ResumeFrame> = {}): ResumeFrame => ({
  type: 'resume',
  logId: Uint8Array.of(1, 1, 1, 1, 1, 1, 1, 1),
  start: 1,
  head: 0,
  followedLogId: new Uint8Array(8),
  held: 0,
  known: 0,
  ...changes,
});

function line(seq: number, text: string, from = 0, to = text.length): LineFrame {
  const bytes = (utf8Encode(text) ?? new Uint8Array(0)).slice(from, to);
  return { type: 'line', kind: 'room', seq, offset: from, fin: to === text.length, bytes };
}

/** A LINES frame. */
function run(seq: number, ...texts: readonly string[]): LinesFrame {
  const bytes = utf8Encode(texts.map((text) => `${text}\n`).join('')) ?? new Uint8Array(0);
  return { type: 'lines', seq, count: texts.length, bytes };
}

function textsOf(lines: readonly CompleteLine[]): readonly string[] {
  return lines.flatMap((each) => (each.kind === 'run' ? runTexts(each) : [each.text]));
}

/** What comes of a piece that breaks no rule. */
function take(incoming: Incoming, frame: EntryFrame): readonly CompleteLine[] {
  const { lines, isSound } = incoming.onLine(frame);
  expect(isSound).toBe(true);
  return lines;
}

function following(): Incoming {
  const incoming = new Incoming(new Memory());
  incoming.onResume(resume());
  return incoming;
}

describe('lines', () => {
  test('lines come out whole, once and in order, in whatever pieces, order and number they come in', () => {
    const cuts = fc.array(fc.nat(40), { maxLength: 4 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.string({ unit: 'grapheme-ascii', maxLength: 40 }), cuts), {
          minLength: 1,
          maxLength: 12,
        }),
        fc.array(fc.nat(), { minLength: 1, maxLength: 100 }),
        (said, draws) => {
          const frames = said.flatMap(([text, places], index) => {
            const ends = [
              ...new Set([...places.filter((place) => place > 0 && place < text.length), text.length]),
            ];
            ends.sort((a, b) => a - b);
            return ends.map((end, at) => line(index + 1, text, ends[at - 1] ?? 0, end));
          });
          const incoming = following();
          const heard: string[] = [];
          // First at random and with repetitions, then all that is still missing.
          const order = [...draws.map((draw) => frames[draw % frames.length]), ...frames];
          for (const frame of order) {
            if (frame === undefined) continue;
            for (const complete of incoming.onLine(frame).lines) {
              expect(complete.seq).toBe(heard.length + 1);
              heard.push(...textsOf([complete]));
            }
          }
          expect(heard).toEqual(said.map(([text]) => text));
          incoming.onTaken(said.length);
          expect([incoming.costBytes, incoming.hasHoles]).toEqual([0, false]);
        },
      ),
    );
  });

  test('lines cut in other places by a later session fit together all the same', () => {
    const incoming = following();
    expect(take(incoming, line(1, 'abcdefghij', 2, 5))).toEqual([]);
    expect(take(incoming, line(1, 'abcdefghij', 7, 9))).toEqual([]);
    expect(take(incoming, line(1, 'abcdefghij', 0, 8))).toEqual([]);
    expect(take(incoming, line(1, 'abcdefghij', 4, 10))).toEqual([
      { seq: 1, kind: 'room', text: 'abcdefghij' },
    ]);
  });

  test('lines that contradict themselves, or are not UTF-8, are refused', () => {
    const contradictory = following();
    contradictory.onLine(line(2, 'abc', 0, 3));
    expect(contradictory.onLine({ ...line(2, 'abcdef', 3, 6) }).isSound).toBe(false);
    expect(following().onLine({ ...line(1, ''), bytes: Uint8Array.of(0xff) }).isSound).toBe(false);
  });
});

test('lines that complete together with one that is not UTF-8 are given out all the same, and what they took is given back', () => {
  const incoming = following();
  incoming.onLine({ ...line(3, ''), bytes: Uint8Array.of(0xff) });
  incoming.onLine(line(2, 'two'));
  const { lines, isSound } = incoming.onLine(line(1, 'one'));
  expect([textsOf(lines), isSound]).toEqual([['one', 'two'], false]);
  incoming.onTaken(2);
  incoming.onAway();
  expect([incoming.held, incoming.costBytes]).toEqual([2, 0]);
});

describe('entries that no face shows', () => {
  const whole = { type: 'line', offset: 0, fin: true } as const;
  const withheld = (seq: number): LineFrame => ({
    ...whole,
    kind: 'withheld',
    seq,
    bytes: new Uint8Array(0),
  });
  const name = (seq: number, text: string): LineFrame => ({ ...line(seq, text), kind: 'name' });

  test('entries that no face shows are taken when all before them are, and not sooner', () => {
    const incoming = following();
    incoming.onLine(withheld(1));
    expect([incoming.takeSilent(), incoming.receipt().seq]).toEqual([true, 1]);
    expect(take(incoming, line(2, 'shown'))).toEqual([{ seq: 2, kind: 'room', text: 'shown' }]);
    expect(take(incoming, name(3, 'al'))).toEqual([{ seq: 3, kind: 'name', text: 'al' }]);
    // It is the name that the peer has.
    incoming.hide(3);
    expect(take(incoming, withheld(4))).toEqual([]);
    expect([incoming.takeSilent(), incoming.receipt().seq]).toEqual([false, 1]);
    expect([incoming.onTaken(2), incoming.receipt().seq]).toEqual([true, 4]);
    expect(incoming.costBytes).toBe(0);
  });

  test('entries that no face shows do not bring others with them: a name that is shown waits until the face has taken it', () => {
    const incoming = following();
    incoming.onLine(name(1, 'al'));
    incoming.onLine(withheld(2));
    expect([incoming.takeSilent(), incoming.receipt().seq]).toEqual([false, 0]);
    expect(incoming.costBytes).toBe(linesCostBytes(1, 2) + linesCostBytes(1, 0));
    expect([incoming.onTaken(1), incoming.receipt().seq, incoming.costBytes]).toEqual([true, 2, 0]);
  });

  test('an entry that no face shows stays what it is: an entry of two kinds is refused', () => {
    const incoming = following();
    expect(take(incoming, line(4, 'abc', 0, 2))).toEqual([]);
    expect(incoming.onLine({ ...line(4, 'abc', 2, 3), kind: 'private' }).isSound).toBe(false);
    expect(take(incoming, withheld(5))).toEqual([]);
    expect(incoming.onLine(name(5, 'al')).isSound).toBe(false);
  });
});

describe('what a peer may occupy', () => {
  test('what a peer may occupy is bounded, counts what the face has not taken, and is given back by taking', () => {
    const incoming = following();
    const text = 'x'.repeat(10_000);
    let seq = 1;
    while (incoming.canHold(line(seq, text))) {
      incoming.onLine(line(seq, text));
      seq += 1;
    }
    expect(incoming.costBytes).toBeLessThanOrEqual(incomingMaxBytes);
    expect(incoming.costBytes).toBeGreaterThanOrEqual(incomingMaxBytes - linesCostBytes(1, text.length));
    incoming.onTaken(2);
    expect(incoming.canHold(line(seq, text))).toBe(true);
    expect(incoming.receipt()).toEqual({ type: 'receipt', seq: 2, creditBytes });
  });

  test('what a peer may occupy has room for all that an honest peer has credit for, in the shortest lines and out of order', () => {
    const incoming = following();
    let credit = creditBytes;
    for (let seq = 2; credit >= pieceCostBytes; seq += 1, credit -= pieceCostBytes) {
      expect(incoming.canHold(line(seq, ''))).toBe(true);
      incoming.onLine(line(seq, ''));
    }
    expect(incoming.canHold(line(1, 'x'))).toBe(true);
  });

  test('what a peer may occupy is charged for the buffer of a line that only has its last byte, and not for the number of its pieces', () => {
    const incoming = following();
    const text = 'x'.repeat(60_000);
    incoming.onLine(line(2, text, 59_999, 60_000));
    expect(incoming.costBytes).toBe(linesCostBytes(1, 60_000));
    for (let from = 0; from < 59_000; from += 200) incoming.onLine(line(2, text, from, from + 128));
    expect(incoming.costBytes).toBe(linesCostBytes(1, 60_000));
  });

  test('what a peer may occupy is not used up by a repetition, nor by an empty line that comes twice', () => {
    const incoming = following();
    for (let times = 0; times < 100; times += 1) {
      incoming.onLine(line(3, 'held'));
      incoming.onLine(line(5, ''));
    }
    expect(incoming.costBytes).toBe(linesCostBytes(1, 4) + linesCostBytes(1, 0));
  });
});

describe('lines of a run', () => {
  test('lines that come together are given out as one, once, and count one by one', () => {
    const incoming = following();
    const together = run(1, 'a', 'bc', '');
    expect(take(incoming, together)).toEqual([{ kind: 'run', seq: 1, count: 3, bytes: together.bytes }]);
    expect(incoming.costBytes).toBe(linesCostBytes(3, together.bytes.length));
    expect(take(incoming, together)).toEqual([]);
    expect([incoming.held, incoming.onTaken(3), incoming.receipt().seq, incoming.costBytes]).toEqual([
      3,
      true,
      3,
      0,
    ]);
  });

  test('lines that come together wait for those before them, and go with them', () => {
    const incoming = following();
    expect(take(incoming, run(3, 'c', 'd'))).toEqual([]);
    expect(take(incoming, run(3, 'c', 'd'))).toEqual([]);
    expect([incoming.hasHoles, incoming.costBytes]).toEqual([true, linesCostBytes(2, 4)]);
    expect(textsOf(take(incoming, line(1, 'a')))).toEqual(['a']);
    expect(textsOf(take(incoming, run(2, 'b')))).toEqual(['b', 'c', 'd']);
    incoming.onTaken(4);
    expect([incoming.hasHoles, incoming.costBytes]).toEqual([false, 0]);
  });

  test('of lines that come together, those that are here already are not given out again', () => {
    const incoming = following();
    take(incoming, run(1, 'a', 'b'));
    expect(textsOf(take(incoming, run(1, 'a', 'b', 'c', 'd')))).toEqual(['c', 'd']);
    incoming.onTaken(4);
    expect(incoming.costBytes).toBe(0);
  });

  test('lines that an earlier session had cut in another place leave nothing behind', () => {
    const incoming = following();
    take(incoming, run(4, 'd', 'e', 'f'));
    take(incoming, line(3, 'third', 0, 2));
    take(incoming, line(7, 'seventh', 0, 2));
    expect(textsOf(take(incoming, run(1, 'a', 'b', 'third', 'd', 'e', 'f')))).toHaveLength(6);
    expect(textsOf(take(incoming, run(6, 'f', 'seventh')))).toEqual(['seventh']);
    incoming.onTaken(7);
    expect([incoming.hasHoles, incoming.costBytes]).toEqual([false, 0]);
  });

  test('lines that wait are given out, too, where a packet of an earlier session comes late and has only some of them', () => {
    const incoming = following();
    take(incoming, run(3, 'c', 'd', 'e', 'f'));
    expect(textsOf(take(incoming, run(1, 'a', 'b', 'c', 'd')))).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
    take(incoming, run(9, 'i', 'j', 'k'));
    take(incoming, run(10, 'j'));
    expect(textsOf(take(incoming, run(7, 'g', 'h', 'i')))).toEqual(['g', 'h', 'i', 'j', 'k']);
    incoming.onTaken(11);
    expect([incoming.hasHoles, incoming.costBytes]).toEqual([false, 0]);
  });

  test('where two sessions begin at the same line, the one that has more lines from there on is kept', () => {
    const incoming = following();
    take(incoming, run(2, 'b'));
    take(incoming, run(2, 'b', 'c', 'd'));
    take(incoming, run(2, 'b', 'c'));
    expect(incoming.costBytes).toBe(linesCostBytes(3, 6));
    expect(textsOf(take(incoming, run(1, 'a')))).toEqual(['a', 'b', 'c', 'd']);
    incoming.onTaken(4);
    expect([incoming.hasHoles, incoming.costBytes]).toEqual([false, 0]);
  });

  test('the face may take some of the lines that came together', () => {
    const incoming = following();
    take(incoming, run(1, 'a', 'b', 'c'));
    expect([incoming.onTaken(2), incoming.receipt().seq]).toEqual([true, 2]);
    expect(incoming.onTaken(2)).toBe(false);
    expect([incoming.onTaken(3), incoming.receipt().seq, incoming.costBytes]).toEqual([true, 3, 0]);
  });

  test('lines that come together and are not UTF-8 are refused', () => {
    const incoming = following();
    expect(incoming.onLine({ ...run(1, 'a'), bytes: Uint8Array.of(0xff, 10) }).isSound).toBe(false);
  });

  test('only those of the lines that an earlier life may have shown come marked as such', () => {
    const logId = Uint8Array.of(1, 1, 1, 1, 1, 1, 1, 1);
    const incoming = new Incoming(new Memory(), { logId, head: 3, given: 3, taken: 1 });
    incoming.onResume(resume({ start: 2, head: 5 }));
    const lines = take(incoming, run(1, 'a', 'b', 'c', 'd', 'e'));
    expect(lines.map((each) => [each.seq, each.again, textsOf([each]).join()])).toEqual([
      [2, true, 'b,c'],
      [4, undefined, 'd,e'],
    ]);
  });
});

describe('RESUME', () => {
  test('a RESUME of the same log goes on, and tells of lines that will not come', () => {
    const incoming = following();
    incoming.onLine(line(1, 'one'));
    incoming.onLine(line(5, 'five'));
    expect(incoming.onResume(resume({ start: 4, head: 6 }))).toEqual({
      newLog: false,
      isBack: false,
      missed: 2,
    });
    expect(textsOf(take(incoming, line(4, 'four')))).toEqual(['four', 'five']);
  });

  test('what will not come is taken, so that a peer that forgets having given it up gets a receipt', () => {
    const incoming = new Incoming(new Memory());
    incoming.onResume(resume({ head: 6 }));
    incoming.onResume(resume({ start: 4, head: 6 }));
    expect(incoming.receipt().seq).toBe(3);
  });

  test('a RESUME of another log starts anew, and waits until the face has taken the old lines', () => {
    const incoming = following();
    incoming.onLine(line(1, 'old'));
    const other = resume({ logId: Uint8Array.of(2, 2, 2, 2, 2, 2, 2, 2), start: 7, head: 9 });
    expect(incoming.onResume(other)).toEqual({ newLog: true, isBack: false, missed: 0 });
    expect(incoming.canHold(line(7, 'new'))).toBe(false);
    incoming.onTaken(1);
    expect(incoming.receipt().seq).toBe(6);
    expect(incoming.canHold(line(7, 'new'))).toBe(true);
    expect(take(incoming, line(7, 'new'))).toEqual([{ seq: 7, kind: 'room', text: 'new' }]);
  });
});
