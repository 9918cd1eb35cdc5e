/**
 * What the tests of the faces stand in for: streams that can stall or fail, and a port that remembers.
 *
 */
import { PassThrough, Writable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Address, Event, PeerId } from '../../src/kernel/contract.ts';
import { textsOf } from '../../src/kernel/runs.ts';
import type { Face, FaceCommand, FacePort, LeaveReason, StreamName } from '../../src/ui/face.ts';
import { wirePeerId } from '../../src/wires/common/peer-id.ts';

/** Remembers what a face asked for, and tells when it changes. */
export class FakePort implements FacePort {
  readonly commands: FaceCommand[] = [];
  readonly left: LeaveReason[] = [];
  readonly failures: StreamName[] = [];
  refusedLines = 0;
  inputEnds = 0;
  waitsToLeave = 0;
  /** Runs inside `command`, as main does when the window is full. */
  onCommand: (command: FaceCommand) => void = () => {};
  #changed: () => void = () => {};

  get said(): string[] {
    return this.commands.flatMap((command) => {
      if (command.type === 'say-lines') return textsOf(command);
      return command.type === 'say' ? [command.text] : [];
    });
  }

  command(command: FaceCommand): void {
    this.commands.push(command);
    this.onCommand(command);
    this.#changed();
  }

  endOfInput(): void {
    this.inputEnds += 1;
    this.#changed();
  }

  leaveSoon(): void {
    this.waitsToLeave += 1;
    this.#changed();
  }

  leave(reason: LeaveReason): void {
    this.left.push(reason);
    this.#changed();
  }

  failed(stream: StreamName): void {
    this.failures.push(stream);
    this.#changed();
  }

  refused(lines: number): void {
    this.refusedLines += lines;
    this.#changed();
  }

  until(what: string, holds: () => boolean): Promise<void> {
    return until(
      what,
      holds,
      (changed) => {
        this.#changed = changed;
      },
      () => JSON.stringify(this),
    );
  }
}

/** Keeps what is written. While `stalled`, it answers no write. */
export class FakeOutput extends Writable {
  text = '';
  writes = 0;
  columns: number | undefined;
  rows: number | undefined;
  #stalled: (() => void)[] | undefined;
  #changed: () => void = () => {};

  constructor(columns?: number, rows?: number) {
    super({ decodeStrings: false });
    this.columns = columns;
    this.rows = rows;
  }

  stall(): void {
    this.#stalled = [];
  }

  unstall(): void {
    const stalled = this.#stalled ?? [];
    this.#stalled = undefined;
    for (const done of stalled) done();
  }

  until(text: string): Promise<void> {
    return this.untilHolds(`output with ${JSON.stringify(text)}`, () => this.text.includes(text));
  }

  /** Looks again after each write. */
  untilHolds(what: string, holds: () => boolean): Promise<void> {
    return until(
      what,
      holds,
      (changed) => {
        this.#changed = changed;
      },
      () => JSON.stringify(this.text),
    );
  }

  override _write(chunk: string | Buffer, _encoding: string, done: () => void): void {
    this.text += String(chunk);
    this.writes += 1;
    if (this.#stalled === undefined) done();
    else this.#stalled.push(done);
    this.#changed();
  }
}

/** The keyboard of a terminal. */
export class FakeKeyboard extends PassThrough {
  raw = false;

  setRawMode(mode: boolean): void {
    this.raw = mode;
  }
}

/** An output whose reader went away. */
export function brokenPipe(): Writable {
  return new Writable({
    write(_chunk, _encoding, done) {
      done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    },
  });
}

/** Resolves when all that can happen now has happened: streams take a few turns of the event loop. */
export async function settled(turns = 10): Promise<void> {
  await nextTurn();
  if (turns > 1) await settled(turns - 1);
}

/** Many lines that somebody has said in a row. */
export function messages(texts: readonly string[], from = 'bob'): Extract<Event, { type: 'messages' }> {
  const { type: _, text: __, ...told } = message('', from);
  const bytes = new TextEncoder().encode(texts.map((text) => `${text}\n`).join(''));
  return { ...told, type: 'messages', bytes, count: texts.length };
}

export function message(text: string, from = 'bob'): Extract<Event, { type: 'message' }> {
  return { type: 'message', from, peerId: bobId, seq: 1, at: Date.UTC(2026, 0, 2, 3, 4, 5, 6), text };
}

export function ready(
  overrides: Partial<Extract<Event, { type: 'ready' }>> = {},
): Extract<Event, { type: 'ready' }> {
  return {
    type: 'ready',
    name: 'alice',
    address: { ip: '10.0.0.1', port: 5000 },
    wire: 'plain',
    receipts: false,
    ...overrides,
  };
}

export const bobAddress: Address = { ip: '10.0.0.2', port: 5001 };
export const bobId: PeerId = wirePeerId(bobAddress);

/** Starts a face on a new port. */
export function started(face: Face): FakePort {
  const port = new FakePort();
  face.start(port);
  return port;
}

const DEADLINE_MS = 2000;

function until(
  what: string,
  holds: () => boolean,
  onChange: (changed: () => void) => void,
  seen: () => string,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`no ${what} within ${DEADLINE_MS} ms; seen: ${seen()}`));
    }, DEADLINE_MS);
    const check = (): void => {
      if (!holds()) return;
      clearTimeout(timer);
      onChange(() => {});
      resolve();
    };
    onChange(check);
    check();
  });
}
