/**
 * What a run of the fault lab leaves behind, as it stands in `results.json`: who ran, what was tried, what was seen.
 *
 * Owns: the shape of the file, the bounds of what is kept in it, and the check of a file that somebody hands in.
 *
 * One schema is both the check and the type, so that the two can't drift apart. Every time is in milliseconds since its
 * case began, when the lab was ready, unless its name says otherwise. A field without a value is absent.
 */
import { z } from 'zod';
import { backend, lineCounts, verdict, wire } from '../lab-model/outcome.ts';
import { count, list, object, text } from '../lab-model/schema.ts';

export const SCHEMA_VERSION = 1;

/**
 * What is kept of each case, so that a run of a hundred cases is a file that can be mailed. Whoever gathers more keeps the
 * first ones (of arrows: those around the beginning and the end of the first fault) and counts the others in the field
 * `…Omitted` beside the list.
 */
export const keptMax = {
  /** Datagrams a case, both directions together: some screens full of a space-time diagram. */
  arrows: 200,
  /** Lines a direction: enough for a 99th percentile with twenty samples beyond it. */
  lines: 2_000,
  /** Lines a transcript. */
  transcriptLines: 200,
} as const;

const timeMs = z.number();
const durationMs = z.number().nonnegative();

const scenario = object({
  /** As on the command line, such as `loss-20`. */
  id: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'lower-case words and numbers, joined by hyphens'),
  /** For people, such as "20 % loss". */
  title: text,
  /** One sentence: what is known when it passes. */
  proves: text,
  /** One sentence for a learner: what to look at. */
  see: text,
});

/** A line's way from the sender's stdin to the receiver's stdout. */
const line = object({
  number: count,
  saidMs: timeMs,
  /** Every time that it was heard: none for a lost line, two for a doubled one. */
  heardMs: list(timeMs),
});

/** What became of the datagrams of one direction. offered + duplicated = departed + queued + the sum of dropped. */
const datagramCounts = object({
  offered: count,
  duplicated: count,
  departed: count,
  /** By cause, such as `loss`, `burst`, `blackhole`, `overflow`. */
  dropped: z.record(z.string(), count).readonly(),
  /** On their way at the time of counting. */
  queued: count,
  /** Absent where the backend can't tell. */
  corrupted: count.optional(),
  /** Cut short. Absent where the backend can't tell. */
  truncated: count.optional(),
  /** Held back so that later ones went ahead. Absent where the backend can't tell. */
  held: count.optional(),
});

const flow = object({
  from: text,
  to: text,
  lineCounts,
  /** Absent where nobody stands on the way and counts, as with backend `engine`. */
  datagramCounts: datagramCounts.optional(),
  /**
   * Datagrams that the receiver's kernel threw away, by the name of the counter in /proc/net/snmp (`RcvbufErrors`, …).
   * Absent where it could not be read.
   */
  kernelDrops: z.record(z.string(), count).readonly().optional(),
  lines: list(line, keptMax.lines),
  linesOmitted: count,
});

const fate = z.discriminatedUnion('type', [
  object({ type: z.literal('dropped'), cause: text }),
  object({
    type: z.literal('passed'),
    duplicated: z.boolean(),
    held: z.boolean(),
    corrupted: z.boolean(),
    /** Bytes that are left, where it was cut. */
    truncatedTo: count.optional(),
  }),
]);

/** One datagram and what the network did to it. */
const arrow = object({
  from: text,
  to: text,
  /** Its number in its direction, from 0, as in the relay's verdicts. */
  index: count,
  bytes: count,
  /** What it is, in a few words, such as "handshake 1" or "data". May be empty. */
  label: text,
  /** When its sender sent it, where that is known. */
  sentMs: timeMs.optional(),
  /** When it reached the one who decides its fate: the relay. */
  relayMs: timeMs,
  fate,
  /** When each copy reached the receiver; for the relay, when it left. Fewer than the fate promises: still on their way. */
  arrivedMs: list(timeMs, 2),
});

/** A stretch of time in which something was done to the lab, such as "partition" or "bob paused". */
const phase = object({ what: text, fromMs: timeMs, untilMs: timeMs });

/** From the end of a fault until lines flowed again, in that direction or in all. */
const recovery = object({ after: text, what: text, fromMs: timeMs, tookMs: durationMs });

const transcript = object({
  program: text,
  stream: z.enum(['stdin', 'stdout', 'stderr']),
  lines: list(text, keptMax.transcriptLines),
  linesOmitted: count,
});

const capture = object({
  /** A pcapng file, beside `results.json` or below it. */
  file: z
    .string()
    .regex(/^(?!\/)(?!.*(^|\/)\.\.(\/|$))[^\\]+$/, 'a path below the directory of results.json'),
});

const evidence = object({
  seed: count,
  /** One shell line that runs this case again, with the same verdicts. */
  replay: text,
  tookMs: durationMs,
  flows: list(flow),
  /** In order of `relayMs`. */
  arrows: list(arrow, keptMax.arrows),
  arrowsOmitted: count,
  phases: list(phase),
  recoveries: list(recovery),
  transcripts: list(transcript),
  capture: capture.optional(),
});

const labCase = object({
  /** Id of a scenario of this file. */
  scenario: text,
  wire,
  backend,
  verdict,
  /** Absent where nothing ran, or where it ended before there was anything to see. */
  evidence: evidence.optional(),
});

const capability = object({
  /** Such as `netem` or `net.core.rmem_max`. */
  name: text,
  available: z.boolean(),
  /** The value found, or why it is not there. */
  detail: text,
});

const run = object({
  /** Date and time, ISO 8601 in UTC. */
  startedAt: z.iso.datetime(),
  tookMs: durationMs,
  versions: object({ tincan: text, node: text, engine: text, kernel: text }),
  capabilities: list(capability),
});

const schema = object({
  schemaVersion: z.literal(SCHEMA_VERSION),
  run,
  /** In the order in which they are shown. */
  scenarios: list(scenario),
  cases: list(labCase),
});

export type Results = z.infer<typeof schema>;
export type Run = z.infer<typeof run>;
export type Capability = z.infer<typeof capability>;
export type Scenario = z.infer<typeof scenario>;
export type LabCase = z.infer<typeof labCase>;
export type Evidence = z.infer<typeof evidence>;
export type Flow = z.infer<typeof flow>;
export type DatagramCounts = z.infer<typeof datagramCounts>;
export type Line = z.infer<typeof line>;
export type Arrow = z.infer<typeof arrow>;
export type Fate = z.infer<typeof fate>;
export type Phase = z.infer<typeof phase>;
export type Recovery = z.infer<typeof recovery>;
export type TranscriptPart = z.infer<typeof transcript>;

/** A file that is not what this module describes. The message has a line for each fault. */
export class BadResultsError extends Error {
  readonly code = 'bad-results';
}

/** The results in the text of a `results.json`. Throws BadResultsError, which names each bad field and what it should be. */
export function parseResults(json: string): Results {
  const parsed = schema.safeParse(jsonValue(json));
  if (!parsed.success) throw new BadResultsError(z.prettifyError(parsed.error));
  const { scenarios, cases } = parsed.data;
  const known = new Set(scenarios.map(({ id }) => id));
  const unknown = cases.find(({ scenario: id }) => !known.has(id));
  if (unknown !== undefined) {
    throw new BadResultsError(
      `a case names the scenario "${unknown.scenario}", which is not in the list of scenarios`,
    );
  }
  return parsed.data;
}

function jsonValue(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new BadResultsError(`not JSON: ${String(cause)}`, { cause });
  }
}
