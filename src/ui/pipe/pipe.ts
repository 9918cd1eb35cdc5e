/**
 * The face towards pipes and files: lines in, lines out. `text.ts`, `raw.ts` and `json.ts` are its dialects.
 *
 * Owns: stdin's lines from their bytes to their commands, with backpressure both ways, and the end of either stream.
 * What a line means and how an event looks is the dialect's.
 */
import type { Event, Ref } from '../../kernel/contract.ts';
import { count } from '../words/describe.ts';
import type {
  Face,
  FaceCommand,
  FaceOptions,
  FacePort,
  LeaveReason,
  Shown,
  StreamName,
  Takeable,
} from '../face.ts';
import { type InputLine, type InputRun, LineSplitter } from '../../kernel/lines.ts';
import { Sink } from '../sink.ts';

/** How lines are read and events are written. */
export interface Dialect {
  /** The longest line of input, in bytes. */
  readonly inputMaxBytes: number;
  /** How many bytes of waiting lines are searched for a `taken`, `status`, `forget` or `quit`, which do not wait. */
  readonly lookAheadBytes: number;
  /** Lines of input are to be said as they are: those that are in order go many at once, and are not read one by one. */
  readonly saysRuns: boolean;
  read(line: InputLine): Read;
  /** What an event puts on stdout and stderr, in order. */
  show(event: Event): readonly Written[];
  /** Whether writing this event takes it (`Face.takes`). Absent: it does. */
  takes?(event: Takeable): boolean;
}

/** A line of input that can't be said or done. It is shown as an `error` event. */
export interface Refusal {
  readonly type: 'refusal';
  /** Whether the input was a line to be said, which then counts as undelivered. Other bad input changes nothing. */
  readonly wasToBeSaid: boolean;
  readonly code: string;
  readonly message: string;
  readonly ref?: Ref;
}

/** Each empty or ending in a newline. */
export interface Written {
  readonly stdout: string | Uint8Array;
  readonly stderr: string;
}

type Input = InputLine | InputRun;

/** What a line of input asks for. */
export type Read = FaceCommand | Refusal | { readonly type: 'quit' };

/** What a waiting line takes beside its text. */
const waitingLineBytes = 64;

export class PipeFace implements Face {
  readonly #dialect: Dialect;
  readonly #stdin: FaceOptions['stdin'];
  readonly #stdout: Sink;
  readonly #stderr: Sink;
  readonly #splitter: LineSplitter;
  #stopReading = (): void => {};
  #port: FacePort | undefined;
  /** Lines that have not had their turn: the input was closed before it, or an answer is due. */
  #waiting: Input[] = [];
  /** How many of these lines, from the first on, were searched for commands that do not wait. */
  #searched = 0;
  /** Those among the waiting lines that ask for a status, or that a peer be forgotten. */
  #questionLines: Input[] = [];
  /** The last of them is a `quit`: what follows is not read. */
  #quitWaits = false;
  #open = true;
  /** Answers of our own that are being written. Input waits for them, so that bad input can't fill the memory. */
  #answersDue = 0;
  /** A question that has been asked and whose answer is not shown yet. Input waits for it, for the same reason. */
  #question: Question | undefined;
  #pumping = false;
  #inputEnded = false;
  readonly #failed: StreamName[] = [];
  /** `endOfInput` or `leave` has been called: nothing is read any more. */
  #finished = false;

  constructor(options: FaceOptions, dialect: Dialect) {
    this.#dialect = dialect;
    this.#stdin = options.stdin;
    this.#stdout = new Sink(options.stdout, ({ message }) => {
      this.#fail('stdout', `can't write to stdout, so this node leaves: ${message}`);
      this.#leave('output-gone');
    });
    // Nobody reads our remarks: that is no reason to stop the lines.
    this.#stderr = new Sink(options.stderr, ({ message }) => {
      this.#fail('stderr', `can't write to stderr: ${message}`);
    });
    this.#splitter = new LineSplitter(dialect.inputMaxBytes);
  }

  start(port: FacePort): void {
    this.#port = port;
    for (const stream of this.#failed) port.failed(stream);
    if (this.#failed.includes('stdout')) port.leave('output-gone');
    const onData = (chunk: Uint8Array | string): void => {
      if (this.#quitWaits) return;
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      const { saysRuns } = this.#dialect;
      const input = saysRuns ? this.#splitter.pushRuns(bytes) : this.#splitter.push(bytes);
      this.#waiting = this.#waiting.concat(input);
      this.#pump();
    };
    const onEnd = (): void => {
      this.#endInput();
    };
    const onError = (error: Error): void => {
      this.#fail('stdin', `can't read stdin: ${error.message}`);
      this.#endInput();
    };
    this.#stdin.on('data', onData).on('end', onEnd).on('close', onEnd).on('error', onError);
    this.#stopReading = () => {
      // The error listener stays: a stream that fails late must not take the process down.
      this.#stdin.off('data', onData).off('end', onEnd).off('close', onEnd).pause();
    };
  }

  async show(events: readonly Event[]): Promise<Shown> {
    const question = this.#question;
    const answered = question !== undefined && events.some((event) => isAnswer(question, event));
    const shown = await this.#write(events.flatMap((event) => this.#dialect.show(event)));
    if (answered) {
      this.#question = undefined;
      this.#pump();
    }
    return shown;
  }

  takes(event: Takeable): boolean {
    return this.#dialect.takes?.(event) ?? true;
  }

  setInputOpen(open: boolean): void {
    this.#open = open;
    this.#pump();
  }

  async stop(): Promise<void> {
    this.#stopReading();
    this.#finished = true;
    const unsaid = this.#waiting.reduce((lines, input) => lines + linesToSay(this.#read(input)), 0);
    this.#waiting = [];
    if (unsaid > 0) {
      this.#port?.refused(unsaid);
      this.#showOwn({
        type: 'warning',
        code: 'not-said',
        message: `${count(unsaid, 'line')} of input not said: no time left`,
      });
    }
    await Promise.all([this.#stdout.drained(), this.#stderr.drained()]);
  }

  #endInput(): void {
    this.#inputEnded = true;
    const last = this.#splitter.end();
    if (last !== undefined && !this.#quitWaits) this.#waiting.push(last);
    this.#pump();
  }

  /** Takes waiting lines while it may; then reads on, or doesn't. */
  #pump(): void {
    const port = this.#port;
    if (port === undefined || this.#pumping || this.#finished) return;
    this.#pumping = true;
    let taken = 0;
    for (const line of this.#waiting) {
      if (!this.#mayTake()) break;
      taken += 1;
      if (line === this.#questionLines[0]) this.#questionLines.shift();
      this.#take(line, port);
    }
    this.#waiting = taken === this.#waiting.length ? [] : this.#waiting.slice(taken);
    this.#searched = Math.max(0, this.#searched - taken);
    this.#pumping = false;
    if (this.#dialect.lookAheadBytes > 0) this.#lookAhead(port);
    this.#readOnOrEnd(port);
  }

  /**
   * The lines that wait may do so for ever, as a peer that takes nothing has it: `quit` and `status` don't wait with them, nor do
   * `taken`, for which a peer may wait in its turn, and `forget`, for which the lines may wait.
   */
  #lookAhead(port: FacePort): void {
    const taken: FaceCommand[] = [];
    for (const line of this.#waiting.splice(this.#searched)) {
      const read = this.#read(line);
      if (read.type === 'taken') {
        taken.push(read);
        continue;
      }
      this.#waiting.push(line);
      this.#searched += 1;
      if (read.type === 'status' || read.type === 'forget') this.#questionLines.push(line);
      if (read.type !== 'quit' || this.#finished) continue;
      this.#quitWaits = true;
      port.leaveSoon();
      break;
    }
    for (const command of taken) port.command(command);
    const isAsking = this.#answersDue > 0 || this.#question !== undefined;
    const question = this.#open || isAsking || this.#finished ? undefined : this.#questionLines.shift();
    if (question === undefined) return;
    this.#waiting = this.#waiting.filter((line) => line !== question);
    this.#searched -= 1;
    this.#take(question, port);
  }

  #mayTake(): boolean {
    return this.#open && this.#answersDue === 0 && this.#question === undefined && !this.#finished;
  }

  #readOnOrEnd(port: FacePort): void {
    if (this.#finished) return;
    if (this.#waiting.length > 0 || !this.#mayTake()) {
      if (this.#quitWaits || sizeOf(this.#waiting) >= this.#dialect.lookAheadBytes) this.#stdin.pause();
      else this.#stdin.resume();
    } else if (this.#inputEnded) {
      this.#finished = true;
      port.endOfInput();
    } else {
      this.#stdin.resume();
    }
  }

  #read(input: Input): Read {
    if (input.type !== 'run') return this.#dialect.read(input);
    const { bytes, count: lines } = input;
    return { type: 'say-lines', bytes, count: lines };
  }

  #take(input: Input, port: FacePort): void {
    const read = this.#read(input);
    switch (read.type) {
      case 'say':
      case 'say-lines':
      case 'trace':
      case 'accept':
      case 'taken':
        port.command(read);
        break;
      case 'status':
      case 'rename':
      case 'forget':
        this.#question = read.type;
        port.command(read);
        break;
      case 'quit':
        this.#leave('asked');
        break;
      case 'refusal': {
        const { type: _, wasToBeSaid, ...error } = read;
        if (wasToBeSaid) port.refused(1);
        this.#showOwn({ type: 'error', ...error });
        break;
      }
    }
  }

  #leave(reason: LeaveReason): void {
    // With its input at an end, a node that stays has still to hear that nobody reads its output.
    if (this.#finished && reason === 'asked') return;
    this.#finished = true;
    // What follows a `quit` was never meant to be said.
    if (reason === 'asked') this.#waiting = [];
    this.#stdin.pause();
    this.#port?.leave(reason);
  }

  /** Told on stderr whatever the dialect: an output that is gone can't tell it. */
  #fail(stream: StreamName, message: string): void {
    this.#failed.push(stream);
    const written = this.#dialect.show({ type: 'warning', code: `${stream}-failed`, message });
    const onStdout = written.map(({ stdout }) => ({ stdout, stderr: '' }));
    void this.#writeAnswer([...onStdout, { stdout: '', stderr: `warning: ${message}\n` }]);
    this.#port?.failed(stream);
  }

  #showOwn(event: Event): void {
    void this.#writeAnswer(this.#dialect.show(event));
  }

  async #writeAnswer(answer: readonly Written[]): Promise<void> {
    this.#answersDue += 1;
    await this.#write(answer);
    this.#answersDue -= 1;
    this.#pump();
  }

  #write(written: readonly Written[]): Promise<Shown> {
    const stderr = written.map((each) => each.stderr).join('');
    const shown = this.#stdout.write(...joined(written.map((each) => each.stdout)));
    if (stderr === '') return shown;
    const remarked = this.#stderr.write(stderr);
    return remarked.then(() => shown);
  }
}

/** Neighbours of one kind are one: each is a write of its own. */
function joined(pieces: readonly (string | Uint8Array)[]): readonly (string | Uint8Array)[] {
  if (pieces.length < 2) return pieces;
  const all: (string | Uint8Array)[] = [];
  for (let start = 0, end = 0; start < pieces.length; start = end) {
    while (end < pieces.length && typeof pieces[end] === typeof pieces[start]) end += 1;
    const alike = pieces.slice(start, end);
    const texts = alike.filter((piece) => typeof piece === 'string');
    all.push(
      texts.length > 0 ? texts.join('') : Buffer.concat(alike.filter((piece) => typeof piece !== 'string')),
    );
  }
  return all;
}

function sizeOf(waiting: readonly Input[]): number {
  return waiting.reduce(
    (bytes, input) => bytes + waitingLineBytes + (input.type === 'line' ? input.text.length : 0),
    0,
  );
}

function linesToSay(read: Read): number {
  if (read.type === 'refusal') return read.wasToBeSaid ? 1 : 0;
  if (read.type === 'say-lines') return read.count;
  return read.type === 'say' ? 1 : 0;
}

/** What a script asks for and the network answers with one event. */
type Question = 'status' | 'rename' | 'forget';

function isAnswer(question: Question, event: Event): boolean {
  switch (question) {
    case 'status':
      return event.type === 'status';
    case 'rename':
      // A wire without names answers with a warning.
      return event.type === 'renamed' || event.type === 'warning';
    case 'forget':
      return event.type === 'forgotten' || event.type === 'warning';
    default:
      return question satisfies never;
  }
}
