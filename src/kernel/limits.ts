/**
 * The bounds that every wire and every face share, each with its unit, its reason, and what happens beyond it.
 *
 * Owns: the numbers.
 */

/**
 * A name, bytes of UTF-8. Reason: message 2 stays well below message 1, and a prompt stays readable.
 * Beyond: refused at start; from a peer: the handshake is dropped.
 */
export const nameMaxBytes = 64;

/** A line, bytes of UTF-8. Reason: one pasted screenful and more. Beyond: refused to the one who says it; from a peer: a violation. */
export const lineMaxBytes = 65_536;

/** Lines of a run. Reason: each has a number and a place in a log, so that many empty ones cost as much as long ones. Beyond: another run. */
export const runMaxLines = 4_096;

/** Bytes of a run. Reason: what one read of a pipe brings (64 KiB), after the start of a line that came before. Beyond: another run. */
export const runMaxBytes = 131_072;

/** UDP payload over IPv4 at most: 65,535 - 20 (IP) - 8 (UDP). Beyond: refused at start. */
export const datagramMaxBytes = 65_507;
