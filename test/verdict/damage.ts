/**
 * On a wire that repairs nothing, one datagram is one line. So the relay's log foretells what must be heard: each copy
 * that left, in the order in which it left, cut where it was truncated, and with one bit flipped where it was corrupted.
 *
 * Owns: that forecast, and the comparison.
 */
import type { VerdictLine } from '../lab-model/events.ts';
import type { Direction } from '../lab-model/scenarios/scenario.ts';
import {
  type Account,
  endsOf,
  heardBy,
  kernelDropsOf,
  livesOf,
  type RelayLife,
  saidBy,
  type Said,
} from './account.ts';

/** A copy that left for the receiver. */
interface Copy {
  readonly line: Said;
  /** What is left of the line. */
  readonly text: string;
  readonly corrupted: boolean;
}

export function damageReasons(account: Account, direction: Direction): string[] {
  const { from, to } = endsOf(direction);
  const said = saidBy(account, from);
  const offered = offeredLines(account.relays, direction, said);
  if (offered.type === 'unclear') return [offered.reason];
  const copies = account.relays.flatMap((relay, at) => copiesOf(relay, direction, offered.lines[at] ?? []));
  const { missing, undecodable, unexpected } = compare(
    copies,
    heardBy(account, to).map(({ text }) => text),
  );
  const reasons = unexpected === undefined ? [] : [`heard what had not left the relay then: ${unexpected}`];
  const kernelDrops = kernelDropsOf(account, to);
  const unaddressed = account.relays.reduce(
    (sum, { counts }) => sum + (counts.directions[direction]?.unaddressed ?? 0),
    0,
  );
  if (missing.length !== kernelDrops + unaddressed) {
    const numbers = missing.map(({ number }) => number).join(', ');
    reasons.push(
      `${missing.length} lines left the relay and were not heard (${numbers}); ` +
        `the kernel dropped ${kernelDrops}, and ${unaddressed} left before the relay knew where to`,
    );
  }
  const warned = undecodableWarnings(account, to);
  if (undecodable !== warned) {
    reasons.push(`${undecodable} corrupted lines were not heard; ${to} refused ${warned} as not UTF-8`);
  }
  return reasons;
}

/**
 * The lines that each relay was offered, by index. Between two relays those are missing that were said meanwhile: the
 * first relay has the beginning of what was said, the last one its end.
 */
function offeredLines(
  relays: readonly RelayLife[],
  direction: Direction,
  said: readonly Said[],
):
  | { readonly type: 'known'; readonly lines: readonly (readonly Said[])[] }
  | { readonly type: 'unclear'; readonly reason: string } {
  const verdicts = relays.map((relay) => relay.verdicts.filter((verdict) => verdict.direction === direction));
  const total = verdicts.reduce((sum, { length }) => sum + length, 0);
  if (relays.length === 1 && total !== said.length) {
    return {
      type: 'unclear',
      reason: `${said.length} lines were said, ${total} datagrams reached the relay`,
    };
  }
  const lines = verdicts.map(({ length }, at) =>
    at === 0 ? said.slice(0, length) : said.slice(said.length - length),
  );
  for (const [at, ofRelay] of verdicts.entries()) {
    const odd = ofRelay.find((verdict) => !isDatagramOf(verdict, lines[at]?.[verdict.index]));
    if (odd !== undefined) {
      const reason = `datagram ${odd.index} at relay ${at + 1} has ${odd.bytes} bytes, not those of its line`;
      return { type: 'unclear', reason };
    }
  }
  return { type: 'known', lines };
}

function isDatagramOf({ bytes }: VerdictLine, line: Said | undefined): boolean {
  return line !== undefined && Buffer.byteLength(line.text) === bytes;
}

function copiesOf(relay: RelayLife, direction: Direction, lines: readonly Said[]): Copy[] {
  const verdicts = new Map(
    relay.verdicts
      .filter((verdict) => verdict.direction === direction)
      .map((verdict) => [verdict.index, verdict]),
  );
  return relay.departed
    .filter((departure) => departure.direction === direction)
    .flatMap(({ index, copy }) => {
      const line = lines[index];
      if (line === undefined) return [];
      // A duplicate is made before the harm is done.
      const { corrupted = false, truncatedTo } = (copy === 0 ? verdicts.get(index) : undefined) ?? {};
      return [{ line, text: line.text.slice(0, truncatedTo), corrupted }];
    });
}

/** Walks along both; what is heard must be the next copy, or one behind copies that are missing. */
function compare(
  copies: readonly Copy[],
  heard: readonly string[],
): { readonly missing: readonly Said[]; readonly undecodable: number; readonly unexpected?: string } {
  const missing: Said[] = [];
  let undecodable = 0;
  let next = 0;
  for (const { line, text, corrupted } of copies) {
    const candidate = heard[next];
    const isIt =
      candidate !== undefined && (corrupted ? bitsApart(candidate, text) === 1 : candidate === text);
    if (isIt) next += 1;
    else if (corrupted) undecodable += 1;
    else missing.push(line);
  }
  const unexpected = heard[next];
  return { missing, undecodable, ...(unexpected === undefined ? {} : { unexpected }) };
}

/** Bits in which two texts of the same length differ, in UTF-8; infinite where their lengths differ. */
function bitsApart(one: string, other: string): number {
  const a = Buffer.from(one);
  const b = Buffer.from(other);
  if (a.length !== b.length) return Infinity;
  let bits = 0;
  for (const [at, byte] of a.entries()) {
    for (let rest = byte ^ (b[at] ?? 0); rest > 0; rest >>= 1) bits += rest & 1;
  }
  return bits;
}

function undecodableWarnings(account: Account, name: ReturnType<typeof endsOf>['to']): number {
  return livesOf(account, name)
    .flatMap(({ events }) => events)
    .reduce(
      (sum, { event }) =>
        sum + (event.type === 'warning' && event.code === 'not-utf8' ? (event.count ?? 1) : 0),
      0,
    );
}
