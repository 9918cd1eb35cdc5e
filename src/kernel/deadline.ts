/** Owns: one small sum over deadlines. `undefined` is "never". */

/** The earlier of two times. */
export function earliest(left: number | undefined, right: number | undefined): number | undefined {
  if (left === undefined) return right;
  return right === undefined ? left : Math.min(left, right);
}
