/**
 * `tincan chat`: one face, one network, and the order of the end.
 *
 * Owns: signals, when the input is open, when lines count as taken, what the exit code is.
 *
 * The end, whoever asks for it: no more says, a bounded wait for what is owed, goodbye, terminal restored, exit code.
 */
import type { ChatConfig } from './config.ts';
import type { Event, PeerId } from '../kernel/contract.ts';
import { exitCodes } from './exit-codes.ts';
import type { NetworkClient } from '../runtime/client.ts';
import { type StatusServer, serveStatus } from '../runtime/status-socket.ts';
import type { Face, FaceCommand, FacePort, LeaveReason } from '../ui/face.ts';
import type { Store } from '../store/store.ts';
import { Lookalikes } from '../ui/words/lookalikes.ts';

/** A person who leaves waits at most this long for lines that are on their way, in ms; a script says how long it waits. */
const personDrainTimeoutMs = 1_000;
/** From SIGTERM to the exit, in ms, whatever hangs. Reason: the promise is 2 s, and Docker kills after 10. */
const signalExitMs = 1_800;
/** After a signal, how long receipts that are on their way are waited for, in ms: what is flushed within the 2 s. */
const signalDrainMs = 500;
/** After its last word the network closes its sockets; how long that may take, in ms. */
const networkEndMs = 500;
/** Signals that say goodbye at once. On a terminal in raw mode Ctrl-C is a key, not SIGINT. */
const goodbyeSignals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

export interface ChatParts {
  readonly config: ChatConfig;
  readonly face: Face;
  readonly client: NetworkClient;
  /** The face is a person's terminal. */
  readonly isPerson: boolean;
  /** Warnings from the set-up, shown once the node is ready. */
  readonly setupWarnings: readonly Event[];
  /** What outlives the process; undefined: nothing. */
  readonly store: Store | undefined;
}

export class Chat implements FacePort {
  readonly #parts: ChatParts;
  readonly #lookalikes: Lookalikes;
  #statusServer: StatusServer | undefined;
  #leaving = false;
  #ready = false;
  #inputOpen = true;
  /** Lines that were never said, as the face or the wire told. */
  #refused = 0;
  #undelivered = 0;
  #hasFailedStream = false;

  constructor(parts: ChatParts) {
    this.#parts = parts;
    this.#lookalikes = new Lookalikes(parts.config.name, parts.store?.pins.keys());
  }

  /** Runs until everybody has said goodbye. Resolves to the exit code. Rejects only on a bug of ours. */
  async run(): Promise<number> {
    const { face, client } = this.#parts;
    const onSignal = (): void => this.#leaveBySignal();
    for (const signal of goodbyeSignals) process.on(signal, onSignal);
    try {
      client.onAnswered = () => this.#updateInput();
      for await (const events of client.events()) if (await this.#handle(events)) break;
      // The network ends by itself now; a process that exits meanwhile would have to stop its thread half-way.
      await client.ended(networkEndMs);
    } finally {
      await this.#statusServer?.close();
      await face.stop();
      for (const signal of goodbyeSignals) process.off(signal, onSignal);
    }
    const undelivered = await this.#showClosed();
    if (!this.#ready) return exitCodes.usage;
    if (undelivered > 0) return exitCodes.undelivered;
    return this.#hasFailedStream ? exitCodes.streamFailed : exitCodes.ok;
  }

  /** Only once the face has stopped is it known how many lines of input were never said. They count as undelivered. */
  async #showClosed(): Promise<number> {
    const undelivered = this.#undelivered + this.#refused;
    await this.#parts.face.show([{ type: 'closed', undelivered }]);
    return undelivered;
  }

  // --- What the face asks (FacePort)

  command(command: FaceCommand): void {
    const { client } = this.#parts;
    if (this.#leaving && command.type !== 'taken') {
      this.#refused += linesIn(command);
      return;
    }
    client.send(command);
    this.#updateInput();
  }

  endOfInput(): void {
    if (!this.#parts.config.stay) this.#quit(this.#parts.config.drainTimeoutMs);
  }

  leaveSoon(): void {
    setTimeout(() => this.#quit(0), this.#patienceMs).unref();
  }

  leave(reason: LeaveReason): void {
    this.#quit(reason === 'asked' ? this.#patienceMs : 0);
  }

  get #patienceMs(): number {
    const { config, isPerson } = this.#parts;
    return isPerson ? Math.min(config.drainTimeoutMs, personDrainTimeoutMs) : config.drainTimeoutMs;
  }

  refused(lines: number): void {
    this.#refused += lines;
  }

  failed(): void {
    this.#hasFailedStream = true;
  }

  // --- What the network tells

  /** True once the network's last word is said. */
  async #handle(events: readonly Event[]): Promise<boolean> {
    const shown: Event[] = [];
    const last = events.at(-1);
    for (const event of events) {
      if (event.type === 'closed') break;
      const lookalike = this.#lookalikes.warningFor(event);
      shown.push(event);
      if (lookalike !== undefined) shown.push(lookalike);
      this.#pin(event);
      if (event.type === 'ready') {
        shown.push(...this.#parts.setupWarnings, ...(await this.#becomeReady()));
      } else if (event.type === 'refused') {
        this.#refused += event.count ?? 1;
      } else if (event.type === 'error' && this.#ready) {
        // What was said and not answered is not in the log.
        this.#refused += this.#parts.client.unanswered;
        this.#hasFailedStream = true;
      }
    }
    const problem = this.#parts.store?.takeProblem();
    if (problem !== undefined) shown.push(stateNotKept(problem));
    if ((await this.#parts.face.show(shown)) === 'written') this.#take(events);
    if (last?.type !== 'closed') return false;
    this.#undelivered = last.undelivered;
    return true;
  }

  #pin(event: Event): void {
    if (event.type === 'pinned') this.#parts.store?.pin(event.name, event.peerId);
  }

  /** Only now has this program taken the messages and names, unless their reader has to say so, and told of lost lines: that is written. */
  #take(events: readonly Event[]): void {
    const { client, face } = this.#parts;
    const newest = new Map<PeerId, number>();
    for (const event of events) {
      if (event.type !== 'message' && event.type !== 'messages' && event.type !== 'peer-renamed') continue;
      if (event.seq === undefined || face.takes?.(event) === false) continue;
      newest.set(event.peerId, event.type === 'messages' ? event.seq + event.count - 1 : event.seq);
    }
    for (const [peerId, seq] of newest) client.send({ type: 'taken', peerId, seq });
    const reports = events.filter(({ type }) => type === 'undelivered').length;
    if (reports > 0) this.#parts.store?.reportsTold(reports);
  }

  async #becomeReady(): Promise<readonly Event[]> {
    const { face, client } = this.#parts;
    const warnings: Event[] = [];
    this.#ready = true;
    this.#statusServer = await serveStatus(
      () => client.status(),
      (message) => warnings.push({ type: 'warning', code: 'no-status-socket', message }),
    );
    // Input starts only after `ready`, so that a line can't be refused for a reason that `ready` would have told.
    face.start(this);
    return warnings;
  }

  // --- Leaving

  #leaveBySignal(): void {
    this.#quit(Math.min(this.#parts.config.drainTimeoutMs, signalDrainMs));
    this.#exitWithin(signalExitMs);
  }

  /** Whatever hangs: nobody who asked this program to end waits for ever. */
  #exitWithin(ms: number): void {
    setTimeout(() => {
      process.stderr.write('tincan: left without a goodbye, some lines may be undelivered\n');
      process.exit(exitCodes.undelivered);
    }, ms).unref();
  }

  /** A later, shorter wait wins: a signal does not wait for what the end of input waits for. */
  #quit(drainTimeoutMs: number): void {
    this.#leaving = true;
    this.#parts.client.send({ type: 'quit', drainTimeoutMs });
    this.#updateInput();
  }

  #updateInput(): void {
    const open = !this.#leaving && this.#parts.client.hasRoom;
    if (open === this.#inputOpen) return;
    this.#inputOpen = open;
    this.#parts.face.setInputOpen(open);
  }
}

/** How many lines a command says. */
function linesIn(command: FaceCommand): number {
  if (command.type === 'say-lines') return command.count;
  return command.type === 'say' ? 1 : 0;
}

function stateNotKept(reason: string): Event {
  const message = `the state can not be written (${reason}); what happens from now on may be forgotten when this node ends`;
  return { type: 'warning', code: 'state-not-kept', message };
}
