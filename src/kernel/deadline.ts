/** Owns: one small sum over deadlines. `undefined` is "never". */

/** The earliest of these times. */
export function earliest(...times: readonly (number | undefined)[]): number | undefined {
  let first: number | undefined;
  for (const time of times) if (time !== undefined && (first === undefined || time < first)) first = time;
  return first;
}
