/**
 * Waiting for something that is polled, with a deadline that explains itself.
 *
 * Owns: the wait.
 */
import { setTimeout as pause } from 'node:timers/promises';

/** How long a wait may take, in ms. Generous: it is only ever used up by a failure. */
const DEADLINE_MS = 10_000;
const POLL_MS = 2;

/** Resolves with what `look` finds, once it finds something. @throws after the deadline, with what `context` shows. */
export async function until<T>(
  awaited: string,
  look: () => T | undefined | Promise<T | undefined>,
  context: () => string = () => '',
  deadlineMs = DEADLINE_MS,
): Promise<T> {
  const endsAt = performance.now() + deadlineMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > endsAt) throw new Error(`waited ${deadlineMs} ms for ${awaited}\n${context()}`);
    await pause(POLL_MS);
  }
}

/** Resolves once `holds`. */
export async function untilTrue(
  awaited: string,
  holds: () => boolean,
  context: () => string = () => '',
): Promise<void> {
  await until(awaited, () => (holds() ? true : undefined), context);
}
