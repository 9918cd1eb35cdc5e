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
  /** All is as with `ok`, but stdin, stdout, stderr, the state or a relay's log failed: stderr names it, where it can (a log: stdout). */
  streamFailed: 4,
} as const;
