/**
 * One tincan node, driven by a script: the JSON face.
 *
 *     await alice.says('hi', 1);
 *     await alice.delivered(1);
 *
 * Owns: what a test tells a node, and waiting for what the node prints.
 */
import type { StartedTestContainer } from 'testcontainers';
import type { NodeEvent, TraceEvent } from '../lab-model/events.ts';
import { JsonLines } from './json-lines.ts';
import { Program } from './program.ts';
import type { StdioContainer, StdioOptions } from './stdio-container.ts';
import { START_DEADLINE_MS } from '../support/transcript.ts';

export class ScriptedNode extends Program {
  readonly said: JsonLines<NodeEvent>;

  constructor(options: StdioOptions, container: StdioContainer, started: StartedTestContainer) {
    super(options, container, started);
    this.said = new JsonLines(container.stdout);
  }

  async ready(): Promise<void> {
    await this.#first(`${this.name} to be ready`, ({ type }) => type === 'ready', START_DEADLINE_MS);
  }

  /** `ref` comes back with everything that is told about the line. */
  async says(text: string, ref: number): Promise<void> {
    await this.#write({ type: 'say', text, ref });
  }

  async hears(from: string, text: string, deadlineMs?: number): Promise<void> {
    const isIt = (event: NodeEvent): boolean =>
      event.type === 'message' && event.from === from && event.text === text;
    await this.#first(`${this.name} to hear "${from}: ${text}"`, isIt, deadlineMs);
  }

  /** Resolves when a peer's program has taken the line. */
  async delivered(ref: number, deadlineMs?: number): Promise<void> {
    const isIt = (event: NodeEvent): boolean => event.type === 'delivered' && event.ref === ref;
    await this.#first(`a receipt for line ${ref} of ${this.name}`, isIt, deadlineMs);
  }

  /** Resolves when the two have joined. */
  async knows(peer: string): Promise<void> {
    const isIt = (event: NodeEvent): boolean => event.type === 'peer-joined' && event.name === peer;
    await this.#first(`${this.name} to know ${peer}`, isIt, START_DEADLINE_MS);
  }

  /** Lines that are in its log, of all its lives. */
  async linesSaid(): Promise<number> {
    await this.#write({ type: 'status' });
    const saidOf = (event: NodeEvent): number | undefined =>
      event.type === 'status' ? event.said : undefined;
    return this.said.first(`the status of ${this.name}`, saidOf, { context: [this.stderr] });
  }

  /** Tells each packet from now on. */
  async traces(): Promise<void> {
    await this.#write({ type: 'trace', on: true });
  }

  get traced(): readonly TraceEvent[] {
    return this.said.events.flatMap(({ event }) => (event.type === 'trace' ? [event] : []));
  }

  /** Says goodbye; resolves to the exit code. */
  async quits(): Promise<number> {
    await this.#write({ type: 'quit' });
    return this.exitCode();
  }

  async #write(command: object): Promise<void> {
    await this.container.write(`${JSON.stringify(command)}\n`);
  }

  async #first(awaited: string, isIt: (event: NodeEvent) => boolean, deadlineMs?: number): Promise<void> {
    const look = (event: NodeEvent): true | undefined => isIt(event) || undefined;
    const context = [this.stderr];
    await this.said.first(awaited, look, deadlineMs === undefined ? { context } : { context, deadlineMs });
  }
}
