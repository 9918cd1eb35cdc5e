/**
 * What of an entry of the log goes into a packet: many whole lines of a run, one line, or a piece of one.
 *
 * Owns: where the log is cut.
 */
import type { PeerId } from '../../../kernel/contract.ts';
import { lineOverheadBytes, linesOverheadBytes } from '../codec/frame-table.ts';
import type { EntryFrame, LineFrame, LinesFrame } from '../codec/frames.ts';
import { fragmentMinBytes, linesPerFrameMax, pieceCostBytes } from '../limits.ts';
import { bytesFor, kindFor, runBytes, startOf } from '../log.ts';
import type { LogEntry, SaidRun } from '../log.ts';

interface Space {
  /** What the packet has left for frames, and what an empty one has. */
  readonly roomBytes: number;
  readonly payloadBytes: number;
  /** What the follower may still be sent, bytes by cost. */
  readonly credit: number;
}

/** What goes next, from byte `offset` of line `seq` on; undefined: nothing does, in this packet. */
export function cut(
  entry: LogEntry,
  seq: number,
  offset: number,
  follower: PeerId,
  space: Space,
): EntryFrame | undefined {
  const lines = entry.type === 'run' && offset === 0 ? wholeLines(entry, seq, space) : undefined;
  return lines ?? piece(entry, seq, offset, follower, space);
}

function wholeLines(run: SaidRun, seq: number, { roomBytes, credit }: Space): LinesFrame | undefined {
  const first = seq - run.seq;
  const start = startOf(run, first);
  const room = roomBytes - linesOverheadBytes(seq, roomBytes);
  let count = 0;
  while (first + count < run.ends.length && count < linesPerFrameMax) {
    const length = startOf(run, first + count + 1) - start;
    if (length > room || length + (count + 1) * pieceCostBytes > credit) break;
    count += 1;
  }
  if (count === 0) return undefined;
  return { type: 'lines', seq, count, bytes: runBytes(run, first, first + count) };
}

function piece(
  entry: LogEntry,
  seq: number,
  offset: number,
  follower: PeerId,
  { roomBytes, payloadBytes, credit }: Space,
): LineFrame | undefined {
  const whole = bytesFor(entry, seq, follower);
  const rest = whole.length - offset;
  const overhead = lineOverheadBytes(seq, offset, rest);
  const room = roomBytes - overhead;
  // A line that fits into one packet stays whole, so that it can be repeated in one frame.
  if (rest > room && (rest <= payloadBytes - overhead || room < fragmentMinBytes)) return undefined;
  const length = Math.min(rest, room);
  if (length + pieceCostBytes > credit) return undefined;
  const bytes = whole.subarray(offset, offset + length);
  return { type: 'line', kind: kindFor(entry, follower), seq, offset, fin: length === rest, bytes };
}
