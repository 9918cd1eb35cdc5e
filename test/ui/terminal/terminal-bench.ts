/**
 * A terminal face with somebody in front of it: a keyboard, a screen, and a network that only remembers.
 *
 */
import { EventEmitter } from 'node:events';
import type { Event } from '../../../src/kernel/contract.ts';
import { ChatHistoryInMemory, TypedLinesInMemory } from '../../../src/store/in-memory.ts';
import { TerminalFace, type TerminalOptions } from '../../../src/ui/terminal/terminal.ts';
import { Screen } from '../../support/screen.ts';
import { FakeKeyboard, FakeOutput, type FakePort, ready, settled, started } from '../fakes.ts';

export const ESC = '\u001B';

/** What a terminal sends for a paste. */
export function paste(text: string): string {
  return `${ESC}[200~${text}${ESC}[201~`;
}

export interface BenchOptions extends Partial<TerminalOptions> {
  /** Default 80; 0: nobody is attached. */
  readonly columns?: number;
  readonly rows?: number;
}

export function terminalOptions(stdout: TerminalOptions['stdout']): TerminalOptions {
  return {
    stdin: new FakeKeyboard(),
    stdout,
    stderr: new FakeOutput(),
    lineMaxBytes: 100,
    verbose: false,
    color: false,
    banner: false,
    peersHaveKeys: true,
    typedLines: new TypedLinesInMemory(),
    chatHistory: new ChatHistoryInMemory(),
    signals: new EventEmitter(),
    container: undefined,
    now: () => 0,
    elapsedMs: () => 0,
  };
}

export class TerminalBench {
  readonly stdin = new FakeKeyboard();
  readonly stdout: FakeOutput;
  readonly signals = new EventEmitter();
  readonly port: FakePort;
  readonly face: TerminalFace;
  readonly screen: Screen;
  nowMs = Date.UTC(2026, 0, 2, 3, 4, 5);
  /** By how much the wall clock was set ahead since. */
  correctionMs = 0;
  #drawn = 0;

  private constructor({ columns = 80, rows = 24, ...options }: BenchOptions) {
    this.stdout = new FakeOutput(columns, rows);
    this.screen = new Screen({ columns: columns || 80, rows });
    this.face = new TerminalFace({
      ...terminalOptions(this.stdout),
      stdin: this.stdin,
      signals: this.signals,
      now: () => this.nowMs + this.correctionMs,
      elapsedMs: () => this.nowMs,
      ...options,
    });
    this.port = started(this.face);
  }

  /** `first`: what the network says first. */
  static async start(options: BenchOptions = {}, first: Event = ready()): Promise<TerminalBench> {
    const bench = new TerminalBench(options);
    await bench.face.show([first]);
    return bench;
  }

  /** Presses these keys, and gives the bytes that were drawn for them. */
  async type(keys: string): Promise<string> {
    const before = this.stdout.text.length;
    this.stdin.write(keys);
    await settled();
    return this.stdout.text.slice(before);
  }

  /** Gives the bytes that were drawn for these events. */
  async show(...events: Event[]): Promise<string> {
    const before = this.stdout.text.length;
    await this.face.show(events);
    return this.stdout.text.slice(before);
  }

  /** The window has another size now; resolves when that is drawn. */
  async resize(columns: number, rows: number): Promise<void> {
    await this.seen();
    await this.screen.resize(columns, rows);
    Object.assign(this.stdout, { columns, rows });
    const { writes } = this.stdout;
    this.signals.emit('SIGWINCH');
    await this.stdout.untilHolds('the window drawn anew', () => this.stdout.writes > writes);
  }

  /** What the person sees, time stamps aside. */
  async seen(): Promise<readonly string[]> {
    this.screen.write(this.stdout.text.slice(this.#drawn));
    this.#drawn = this.stdout.text.length;
    return (await this.screen.text()).split('\n').map((row) => row.replace(/^\d\d:\d\d /u, ''));
  }
}
