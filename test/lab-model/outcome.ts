/**
 * Where a scenario is played, and what came of it: the words that the judge, the report and the lab share.
 *
 * Owns: each word's schema, which is both the check of a file and the type, so that the two can't drift apart.
 */
import { z } from 'zod';
import { count, list, object, text } from './schema.ts';

export const wire = z.enum(['tincan', 'plain', 'tcp']);
/** Who did the harm: our relay, the kernel's netem, or the container engine (pause, kill, disconnect). */
export const backend = z.enum(['relay', 'netem', 'engine']);

export const verdict = z.discriminatedUnion('type', [
  object({ type: z.literal('pass') }),
  object({ type: z.literal('fail'), reasons: list(text) }),
  /** All that had to hold held, but the fault did not strike: it proves nothing, and counts as a failure. */
  object({ type: z.literal('vacuous'), reason: text }),
  /** Not run, because this machine or this wire can't. */
  object({ type: z.literal('unsupported'), reason: text }),
]);

/** What became of the lines of one direction. heard = said − lost − undelivered + duplicated + altered. */
export const lineCounts = object({
  said: count,
  /** Shown by the receiving program, doubles included. */
  heard: count,
  /** Neither heard nor reported. */
  lost: count,
  /** Reported as undelivered, and not heard. */
  undelivered: count,
  /** Heard once more than said. */
  duplicated: count,
  /** Heard after a line that was said later. */
  reordered: count,
  /** Heard, but said by nobody. */
  altered: count,
});

export type Wire = z.infer<typeof wire>;
export type Backend = z.infer<typeof backend>;
export type Verdict = z.infer<typeof verdict>;
export type LineCounts = z.infer<typeof lineCounts>;
