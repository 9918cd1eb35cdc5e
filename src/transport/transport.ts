/** What the driver needs of a transport. Owns: the interface. */
import type { Address } from '../kernel/contract.ts';

export interface Transport<Output> {
  /** Own address, as bound. */
  readonly address: Address;
  perform(output: Output): void;
  close(): Promise<void>;
}
