/**
 * Every bound of the wires `plain` and `tcp`, with its unit, its reason, and what happens beyond it.
 *
 * Owns: the numbers.
 */

/**
 * What a line takes in memory besides its text, in bytes, roughly. Reason: it is added wherever lines that wait are
 * counted, since without it any number of empty lines would fit under every bound.
 */
export const lineOverheadBytes = 128;

/**
 * Own lines held for a peer that can't take them yet, in bytes. Reason: bounded memory; some 10,000 typed lines.
 * Beyond: further says wait unanswered, which closes the input in the end. Nothing is dropped.
 */
export const sendQueueMaxBytes = 1_048_576;

/** Says that a face may have unanswered (no `queued` yet), in bytes. Beyond: it stops reading its input. */
export const sayWindowBytes = 262_144;

/**
 * What a face is given to show at once, by the text of the events and what each costs beside it, in UTF-16 units. Reason: it makes
 * one string of them and bytes of that, which is as much memory again. Beyond: the rest is in the next batch.
 */
export const eventBatchUnits = 1_048_576;
export const eventUnits = 256;

/**
 * Received lines that the face has not taken yet, in bytes a connection. Reason: a stalled terminal must not fill memory.
 * Beyond: `tcp` stops reading that connection until half is taken, so that the kernel holds the sender back.
 */
export const untakenMaxBytes = 1_048_576;

/**
 * Received lines that the face has not taken yet, over all senders of `plain`, in bytes. Reason: UDP has no way to
 * hold a sender back. Beyond: the datagram is dropped and the loss is reported with its count.
 */
export const plainUntakenMaxBytes = 67_108_864;

/** What a datagram takes in the receiver's kernel besides its bytes, in bytes: about what Linux counts for it. */
export const datagramOverheadBytes = 768;

/**
 * Datagrams on `plain` to one receiver in `paceMs`, in bytes as its kernel counts them. Reason: a socket's buffer that nobody has
 * enlarged (Linux: 212,992) has room for three such bursts, and a Node program, which takes some 6 µs to read a datagram, keeps up
 * with 79,000 lines/s of 60 B on a busy machine: with 99,000 some were lost. Beyond: lines wait in the send queue.
 */
export const burstMaxBytes = 65_536;

/** How often a burst may leave, in ms: as often as a timer can fire. */
export const paceMs = 1;

/**
 * Lines on `plain` in `floodMs` that are told one by one. Reason: more than anybody types. Beyond: they are told together when the
 * time is over, or when there are so many bytes of them.
 */
export const floodLines = 32;
export const floodMs = 1;
export const floodMaxBytes = 65_536;

/**
 * Peers that nobody configured, kept by address. Reason: anybody can invent addresses.
 * Beyond: on `plain` the one silent for longest is forgotten; on `tcp` the new connection is refused with a warning.
 */
export const guestsMax = 1_024;

/** A peer silent for this long has its host name looked up again before a line goes out (`plain`), in ms. */
export const silenceBeforeLookupMs = 10_000;

/** Shortest time between two look-ups of one name, in ms. Reason: strangers must not make us flood the resolver. */
export const lookupSpacingMs = 200;

/**
 * Datagrams on `plain` that wait while it is looked up whether their sender is a configured peer with a new address.
 * Reason: bounded memory. Beyond: they are shown at once, under their address.
 */
export const unidentifiedMax = 128;

/** First pause before a failed lookup or dial is tried again, in ms; it doubles up to `retryMaxMs`. */
export const retryMinMs = 200;

/** Longest pause between two tries, in ms. Reason: a peer that comes back is met within seconds. */
export const retryMaxMs = 5_000;

/** A lookup that fails for longer than this is told to the user, in ms. Reason: two nodes rarely start at the same instant. */
export const lookupGraceMs = 1_000;

/** Written to a connection but not yet taken by the kernel, in bytes. Beyond: lines wait in the send queue. */
export const unflushedMaxBytes = 262_144;

/** After goodbye, how long a peer may take to hang up, in ms. Reason: SIGTERM promises to be gone within 2 s. */
export const goodbyeTimeoutMs = 1_000;

/** Warnings of one kind told one by one in a second. Beyond: counted, and told in one line when the second is over. */
export const warningsPerSecond = 10;

/** Lines of a trace in so many ms. Reason: more than a person can follow, and little work for who draws them. Beyond: counted in one line. */
export const traceLinesMax = 30;
export const traceWindowMs = 100;
