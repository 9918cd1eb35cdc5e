/**
 * One number for everything that a run's nodes say: each datagram, each event and each question for an address, in order.
 * Two versions of the protocol that give the same digest for a seed behave alike in it, byte for byte.
 *
 * Owns: what is hashed. The run itself is `run.ts`.
 */
import { createHash } from 'node:crypto';
import type { DatagramCore, Input, Output } from '../../src/kernel/io.ts';
import { runSeed, type Outcome } from './run.ts';
import type { CoreFactory } from './world.ts';

export interface SeedDigest {
  /** SHA-256 over all outputs of all nodes, the first 16 hexadecimal digits. */
  readonly digest: string;
  readonly outcome: Outcome;
}

export function digestOf(seed: number, factory: CoreFactory): SeedDigest {
  const hash = createHash('sha256');
  const outcome = runSeed(seed, (settings) => {
    const core = factory(settings);
    return hashed(core, (output) => update(hash, output));
  });
  return { digest: hash.digest('hex').slice(0, 16), outcome };
}

function hashed<C extends DatagramCore>(core: C, onOutput: (output: Output) => void): C {
  return new Proxy(core, {
    get(target, property) {
      if (property === 'drain') {
        return () => {
          const outputs = target.drain();
          for (const output of outputs) onOutput(output);
          return outputs;
        };
      }
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === 'function'
        ? (input: Input, now: number) => Reflect.apply(value, target, [input, now])
        : value;
    },
  });
}

function update(hash: ReturnType<typeof createHash>, output: Output): void {
  switch (output.type) {
    case 'datagram':
      hash.update(`datagram ${output.to.ip} ${output.to.port} ${output.bytes.length} `).update(output.bytes);
      return;
    case 'event':
      hash.update(`event ${JSON.stringify(output.event)}`);
      return;
    case 'resolve':
      hash.update(`resolve ${output.host}`);
  }
}
