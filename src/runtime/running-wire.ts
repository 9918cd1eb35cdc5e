/**
 * A wire that is up: a core, its transport and the driver that turns them.
 *
 * Owns: what the network can do with any wire.
 */
import type { Address, Command, Event, PeerId } from '../kernel/contract.ts';
import type { Driver } from './driver.ts';

/** A wire that is open: the address that it listens on, what it is told, and how it ends. */
export interface RunningWire {
  readonly address: Address;
  /** Of the own key, where the wire has keys. */
  readonly fingerprint?: PeerId;
  commands(commands: readonly Command[]): void;
  emit(event: Event): void;
  stop(): Promise<void>;
}

export function runningWire<I extends { readonly type: string }, O extends { readonly type: string }>(
  driver: Driver<I, O>,
  transport: { readonly address: Address; close(): Promise<void> },
): RunningWire {
  return {
    address: transport.address,
    commands: (commands) => driver.commands(commands),
    emit: (event) => driver.emit(event),
    stop: () => {
      driver.stop();
      return transport.close();
    },
  };
}
