/**
 * A node on loopback without a face, in a thread of its own or in the test's.
 *
 * Owns: its settings, its events, its end.
 */
import type { Event } from '../../src/kernel/contract.ts';
import { NetworkClient } from '../../src/runtime/client.ts';
import { type Connect, connectThread } from '../../src/runtime/connect.ts';
import type { NetworkSettings } from '../../src/runtime/settings.ts';
import { until } from './wait.ts';

/** Its events are read only from when the test says so. However a test ends, the node ends with it. */
export class FacelessNode implements AsyncDisposable {
  readonly client: NetworkClient;
  readonly events: Event[] = [];
  failure: unknown = undefined;
  #reading: Promise<void> | undefined;

  constructor(settings: Partial<NetworkSettings> = {}, connect: Connect = connectThread) {
    const complete = {
      name: 'alice',
      bind: { host: '127.0.0.1', port: 0 },
      peers: [],
      wire: 'plain',
      ...settings,
    } as const;
    this.client = new NetworkClient(complete, connect);
  }

  read(): void {
    this.#reading ??= this.#readAll();
  }

  seen<T extends Event['type']>(type: T): Promise<Extract<Event, { type: T }>> {
    this.read();
    return until(
      type,
      () => this.events.find((event): event is Extract<Event, { type: T }> => event.type === type),
      () => `${JSON.stringify(this.events.slice(-10))} ${describe(this.failure)}`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.read();
    this.client.send({ type: 'quit', drainTimeoutMs: 0 });
    await this.#reading;
    if (this.failure !== undefined) throw this.failure;
  }

  async #readAll(): Promise<void> {
    try {
      for await (const batch of this.client.events()) this.events.push(...batch);
    } catch (failure) {
      this.failure = failure;
    }
  }
}

function describe(failure: unknown): string {
  return Error.isError(failure) ? (failure.stack ?? failure.message) : '';
}
