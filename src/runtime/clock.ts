/**
 * The two clocks: timers go by one that never steps, and people are shown the times of the other.
 *
 * Owns: how the two are brought together.
 */

const { timeOrigin } = performance;

/** Monotonic, in ms; it counts from the Unix epoch as the wall clock showed it at the start of the program. */
export function clock(): number {
  return timeOrigin + performance.now();
}

let wallAheadMs = 0;

/**
 * The wall clock's time at `atMs` of the monotonic one, which stands still while the machine sleeps and heeds no correction.
 * The wall clock tells whole milliseconds, so that a difference of less than two is none.
 */
export function wallTime(atMs = clock()): number {
  const aheadMs = Date.now() - clock();
  if (Math.abs(aheadMs - wallAheadMs) >= 2) wallAheadMs = aheadMs;
  return atMs + wallAheadMs;
}
