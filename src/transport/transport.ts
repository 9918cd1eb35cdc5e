/** What the driver needs of a transport. Owns: the interface. */
import type { Address } from '../kernel/contract.ts';
import type { Family } from './resolver.ts';

export interface Transport<Output> {
  /** Own address, as bound. */
  readonly address: Address;
  /** Which addresses can be reached from there. */
  readonly reach: Family;
  perform(output: Output): void;
  close(): Promise<void>;
}
