/**
 * Every bound of what is kept on disk, with its unit, its reason, and what happens above it. What a terminal remembers has
 * the same bounds on disk as in memory (`ui/limits.ts`).
 *
 * Owns: the figures. Must not know: the code that keeps them.
 */

/**
 * Names whose keys are kept: four rooms full, some 150 bytes each. Above: a new name is not kept, and those that are stay.
 * The other way round, whoever joins an open room under enough names would make a friend's key forgotten.
 */
export const pinsMax = 4096;
