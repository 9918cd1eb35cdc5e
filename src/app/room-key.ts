/**
 * The room key as its file has it, byte by byte.
 *
 * Owns: what in the file is not part of the key, and what a file is warned of or refused for.
 */
import { type Stats, closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import type { ChatConfig } from './config.ts';
import type { Event } from '../kernel/contract.ts';
import { UsageError } from '../kernel/errors.ts';
import { wireTraits } from '../wires/traits.ts';

export interface RoomKey {
  /** Undefined: no key, or a wire that has no use for one. */
  readonly bytes: Uint8Array | undefined;
  /** Whoever gives a key that protects nothing must hear that. */
  readonly warnings: readonly Event[];
}

/** @throws {UsageError} if there is no key in the file. */
export function readRoomKey({ roomKeyFile: path, wire }: Pick<ChatConfig, 'roomKeyFile' | 'wire'>): RoomKey {
  if (path === undefined) return { bytes: undefined, warnings: [] };
  const { content, stats } = readKeyFile(path);
  if (startsWith(content, utf16Marks.little) || startsWith(content, utf16Marks.big))
    throw new UsageError(
      `the room key file "${path}" is in UTF-16, which other members' editors would write otherwise; save it as UTF-8`,
    );
  const bytes = keyIn(content);
  if (bytes.length === 0) throw new UsageError(`the room key file "${path}" is empty; put a secret into it`);
  if (!wireTraits[wire].usesRoomKey) {
    const message = `wire ${wire} uses no room key: whoever reaches this node can read and write here`;
    return { bytes: undefined, warnings: [warning('room-key-unused', message)] };
  }
  if (!isOpenToAll(stats)) return { bytes, warnings: [] };
  const message = `every user of this machine can read the room key file "${path}"; make it yours alone: chmod 600`;
  return { bytes, warnings: [warning('room-key-exposed', message)] };
}

function readKeyFile(path: string): { readonly content: Uint8Array; readonly stats: Stats } {
  try {
    const descriptor = openSync(path, 'r');
    try {
      return { content: readFileSync(descriptor), stats: fstatSync(descriptor) };
    } finally {
      closeSync(descriptor);
    }
  } catch (cause) {
    const reason = Error.isError(cause) && 'code' in cause ? String(cause.code) : 'unreadable';
    throw new UsageError(`can not read the room key file "${path}" (${reason}); check --room-key-file`, {
      cause,
    });
  }
}

/** Without what an editor may add to the secret, so that all editors come to the same key: a mark before, newlines after. */
function keyIn(content: Uint8Array): Uint8Array {
  const start = startsWith(content, utf8Mark) ? utf8Mark.length : 0;
  const end = content.findLastIndex((byte) => byte !== carriageReturn && byte !== newline) + 1;
  return new Uint8Array(content.subarray(start, Math.max(start, end)));
}

function startsWith(content: Uint8Array, mark: readonly number[]): boolean {
  return mark.every((byte, index) => content[index] === byte);
}

/** A group that may read is left alone: the members are chosen, and Kubernetes gives a secret to a container that way. */
function isOpenToAll(stats: Stats): boolean {
  return process.getuid !== undefined && stats.isFile() && (stats.mode & 0o004) !== 0;
}

function warning(code: string, message: string): Event {
  return { type: 'warning', code, message };
}

const newline = 0x0a;
const carriageReturn = 0x0d;
/** Byte order marks. */
const utf8Mark = [0xef, 0xbb, 0xbf];
const utf16Marks = { little: [0xff, 0xfe], big: [0xfe, 0xff] };
