/**
 * A face: how one node meets a person or a script. `app/chat.ts` holds exactly one of them.
 *
 * Owns: the interface between a face and `app/chat.ts`, in both directions, with its rules on backpressure.
 * Streams are handed in, and a face never exits the process.
 */
import type { Readable, Writable } from 'node:stream';
import type { Command, Event } from '../kernel/contract.ts';

/** Shows events and turns input into commands. `app/chat.ts` calls it; it answers through its port. */
export interface Face {
  /** Begin to read input. Called at most once; events may be shown before it, or without it. */
  start(port: FacePort): void;

  /**
   * Show these events, in this order. Resolves to `written` once the operating system has them: only then has this
   * program taken the messages among them. Resolves to `gone` when they can't be written, now or ever (the reader of
   * stdout went away): then they are not taken. Never rejects.
   *
   * One call at a time: wait for the answer, gather the events that come meanwhile, and pass them in one batch. So a
   * stalled reader stops the peers' credit, and memory stays bounded.
   */
  show(events: readonly Event[]): Promise<Shown>;

  /** Whether writing this message or name takes it. false: the reader of stdout says that it has, by a `taken` command. */
  takes?(event: Takeable): boolean;

  /**
   * False: call `port.command` with no further `say`, and read no further than a bound where input has no end (a pipe); true: go on.
   * It takes effect at once, even when called from inside `port.command`. A face starts open.
   */
  setInputOpen(open: boolean): void;

  /**
   * Read no more, restore the terminal, and resolve when all that was shown is written (or can't be). A reader that
   * stalls makes this last: whoever is in a hurry waits with a deadline. Lines that were read but not said are reported
   * as `refused` before this returns its promise: work the exit code out afterwards. Callable more than once. Only
   * `closed` is shown after it: it counts those lines, too.
   */
  stop(): Promise<void>;
}

export type Shown = 'written' | 'gone';

/** What comes in a peer's log. */
export type Takeable = Extract<Event, { readonly type: 'message' | 'messages' | 'peer-renamed' }>;

/** What a face asks of `app/chat.ts`. */
export interface FacePort {
  /** A line to say, or a question. Answer `say` commands that come too fast with `setInputOpen(false)`. */
  command(command: FaceCommand): void;
  /** Input has ended: what was said so far is all. Called at most once, and not after `leave`. */
  endOfInput(): void;
  /**
   * A person or script wants to leave, and lines that came before wait to be said: no longer than what is owed may be waited
   * for. `leave` follows once they are said. Called at most once.
   */
  leaveSoon(): void;
  /** Say goodbye now, without waiting for more input. Called at most once for each reason. */
  leave(reason: LeaveReason): void;
  /** A stream of the program's own has failed; the face has named it on stderr. This is for the exit code. */
  failed(stream: StreamName): void;
  /**
   * So many lines of input were not said, and never will be (too long, not UTF-8, bad JSON, no time left). The face
   * has already told the user why; this is for the exit code.
   */
  refused(lines: number): void;
}

/** `quit` belongs to `app/chat.ts`: it knows who wants to leave. So does `taken` where writing an event takes it. */
export type FaceCommand = Exclude<Command, { readonly type: 'quit' }>;

export type StreamName = 'stdin' | 'stdout' | 'stderr';

/** `asked`: a person or script wants to leave; `output-gone`: nobody reads stdout any more (EPIPE), or it failed. */
export type LeaveReason = 'asked' | 'output-gone';

/** What every face is made with. */
export interface FaceOptions {
  readonly stdin: FaceInput;
  readonly stdout: FaceOutput;
  readonly stderr: Writable;
  /** The longest line that may be said, in bytes of UTF-8 (`limits.ts`). A longer one is refused. */
  readonly lineMaxBytes: number;
  /** Show the fate of each own line, too (sent, delivered). */
  readonly verbose: boolean;
}

/** What the faces need of stdin; `setRawMode` is there on a terminal only. */
export type FaceInput = Readable & { setRawMode?(mode: boolean): unknown };

/** What the faces need of stdout; its size is there on a terminal only, and 0 while nobody is attached to it. */
type FaceOutput = Writable & {
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
};
