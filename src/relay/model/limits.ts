/**
 * Every bound of the relay, with its unit, its reason, and what happens beyond it.
 *
 * Owns: the numbers.
 */

/** A held datagram whose successors never come goes on after this long, in ms: late, but not lost. */
export const holdMaxMs = 1_000;

/**
 * Payload and bookkeeping of the datagrams on their way in one direction, in bytes. Reason: bounded memory, whatever the
 * delay. Beyond: dropped, with the cause `overflow`.
 */
export const onTheWayMaxBytes = 33_554_432;

/** What a datagram on its way takes in memory besides its payload, in bytes, roughly. */
export const datagramOverheadBytes = 256;

/** Longest delay or jitter, and latest time of a blackhole, in ms: a day. Reason: more is a slip of the unit. Beyond: refused. */
export const timeMaxMs = 86_400_000;

/** Indexes in one `lossIndexes`, and blackholes in one direction. Reason: one line of input. Beyond: refused. */
export const listMaxItems = 10_000;

/** A line of control, in bytes. Reason: `listMaxItems` indexes fit. Beyond: an error, and nothing changes. */
export const controlLineMaxBytes = 262_144;

/** A command's `ref`, in bytes. Reason: it is kept until the answer. Beyond: refused. */
export const refMaxBytes = 256;

/** A node silent for this long is looked up again before something goes to it, in ms. Reason: it may have moved. */
export const silenceBeforeLookupMs = 1_000;

/**
 * Lines of the verdict log, or packets of the capture, that wait to be written, in bytes. Reason: some seconds of full
 * load. Beyond: left out and counted; a datagram never waits for them.
 */
export const backlogMaxBytes = 16_777_216;

/**
 * Shortest time between two writes to one file or pipe, in ms. Reason: each costs a hand-over to another thread, which took
 * as long as forwarding did when there was one for every few datagrams. What comes sooner joins the next one.
 */
export const writeSpacingMs = 5;

/** Lines a second that `watch` shows. Reason: a person reads along, and more would hide what was typed. Beyond: counted. */
export const watchMaxPerSecond = 20;

/** After the last word, how long a stalled reader may take to hear it, in ms. Beyond: the relay leaves without. */
export const farewellMs = 1_000;
