/**
 * Every bound of the faces, each with its unit, its reason, and what happens above it.
 *
 * Owns: the figures.
 */

/** Bytes of a `ref` in JSON: it is kept beside its line until the line's fate is known. Above: the line is refused. */
export const refMaxBytes = 256;

/**
 * Bytes that a line of JSON may be longer than the text that it says: each byte of text can be written as six
 * (`\u0007`), and keys, `ref` and white space come on top. Above: the line is refused.
 */
export const jsonBytesPerTextByte = 6;
export const jsonExtraBytes = 4096;

/** Bytes of one paste, held until Enter says it. Above: the paste is refused as a whole, and the terminal says so. */
export const pasteMaxBytes = 1_048_576;

/** Milliseconds of quiet after which a paste has ended whose closing bracket has not come: longer than a slow link pauses. */
export const pasteQuietMs = 2000;

/** Milliseconds of quiet that end a paste without brackets: its reads follow at once, and a hand is slower. */
export const unbracketedQuietMs = 50;

/** Characters of one paste that are put into the draft as they are. Above: a placeholder stands for them. */
export const pasteShownMaxLength = 1000;

/** Lines of a pasted text that are said without asking: what one writes by hand. Above: the terminal asks first. */
export const pasteUnaskedMaxLines = 5;

/** Characters of a draft: the largest pastes and what is written around them. Above: what comes more is refused. */
export const draftMaxLength = 2 * pasteMaxBytes;

/** Characters of an entered line that the arrow keys bring back. Above: it is not remembered. */
export const typedLineMaxLength = 65_536;

/** Printed lines that a window is drawn again from: as many as the highest screens have rows. Above: the oldest go. */
export const recentMaxLines = 300;

/** Characters of these lines together: one may have 64 KiB. Above: the oldest go. */
export const recentMaxLength = 1_048_576;

/** Lines that `/history` shows when no number is given: a screenful. */
export const historyShownLines = 20;

/** Milliseconds without a key after which a window counts as left alone: nobody can tell a detached one from it. */
export const drowsyAfterMs = 600_000;

/**
 * Bytes of lines that wait on the terminal because the send queue is full: two of the largest pastes. Above: the
 * draft's lines are refused, and the terminal says so.
 */
export const waitingSaysMaxBytes = 2 * pasteMaxBytes;

/**
 * Bytes of JSON input that are read and wait, because the send queue is full: a `status` or `quit` behind them is found all the
 * same. Above: input is not read, and the commands with it. A script that keeps less unsent is always heard.
 */
export const controlLookAheadBytes = 1_048_576;

/** Milliseconds within which a second Ctrl-C leaves. */
export const leaveAgainMs = 2000;

/** Milliseconds of quiet after a resize before it is drawn: `docker attach` causes two, dragging a window many. */
export const resizeSettleMs = 60;

/** Characters written to a terminal in one go; then the keyboard has a turn, however much a peer sends. */
export const terminalWriteMaxLength = 16_384;

/**
 * Names that are remembered to be compared with new ones: four times as many as a room has peers, some 64 bytes each.
 * Above: the one first seen is forgotten, and can be looked like without a warning.
 */
export const namesSeenMax = 4096;

/**
 * Peers that are known by name, here or gone: twice as many as a room has, so that those who are here always fit. Above: the
 * one gone longest is forgotten, and can't be spoken to by name.
 */
export const peersKnownMax = 2048;
