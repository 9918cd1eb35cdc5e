/**
 * Every bound of what a node remembers, in memory and on disk, with its unit, its reason, and what happens above it.
 *
 * Owns: the figures.
 */

/** Lines that the arrow keys can bring back; a person scrolls no further. Above: the oldest is forgotten. */
export const historyMaxLines = 1000;

/**
 * Lines of the chat that are kept on disk, unless a person wants another number (`--history-limit`), and characters (UTF-16 units)
 * of all of them together. Above: the oldest is forgotten.
 */
export const chatRowsDefault = 10_000;
export const chatRowsMaxLength = 67_108_864;

/** Lines of the chat that `/history` can show. Above: the oldest is forgotten. */
export const chatHistoryMaxLines = 1000;

/** Characters (UTF-16 units) of all these lines together: a line may have 64 KiB. Above: the oldest is forgotten. */
export const chatHistoryMaxLength = 4_194_304;

/**
 * Names whose keys are kept: four rooms full, some 150 bytes each. Above: a new name is not kept, and those that are stay.
 * The other way round, whoever joins an open room under enough names would make a friend's key forgotten.
 */
export const pinsMax = 4096;

/** One message 1 of a handshake, by its mac1. */
export const seenInitBytes = 16;

/**
 * Of these in one of the two files: together as many as wire `tincan` remembers (`seenInitsMax`), 256 KiB. Above: the older file
 * is forgotten.
 */
export const seenInitsPerFile = 8_192;
