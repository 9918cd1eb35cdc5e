/**
 * An endless input of numbered lines, so that one that is missing, doubled or out of place shows wherever the end is.
 *
 * Owns: what stands in them.
 */

/** LF included. */
const lineBytes = 1_000;

/** The shell command that writes them to its stdout. */
export const endlessLines = `exec seq -f '%0${lineBytes - 1}.0f' 1 inf`;

/** Whether `bytes` are what stands from byte `at` on. */
export function areNumberedLines(bytes: Buffer, at: number): boolean {
  let looked = 0;
  while (looked < bytes.length) {
    const index = Math.floor((at + looked) / lineBytes);
    const line = Buffer.from(`${String(index + 1).padStart(lineBytes - 1, '0')}\n`);
    const rest = line.subarray((at + looked) % lineBytes).subarray(0, bytes.length - looked);
    if (!rest.equals(bytes.subarray(looked, looked + rest.length))) return false;
    looked += rest.length;
  }
  return true;
}
