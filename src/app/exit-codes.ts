/** Owns: what each exit code means (a contract with scripts). */
export const exitCodes = {
  /** All said lines were delivered (on wires without receipts: handed to the network). */
  ok: 0,
  /** A bug of ours. */
  bug: 1,
  /** Wrong use or set-up. */
  usage: 2,
  /** Some lines were not delivered; `status`: no node answers. */
  undelivered: 3,
  /** Every line was delivered, and stdin, stdout or stderr failed: stderr names it, where it can. */
  streamFailed: 4,
} as const;
