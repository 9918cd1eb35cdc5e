/**
 * What crosses the network on wire `plain`, in words that a learner can follow: one line each.
 *
 * Owns: the wording.
 */
import { addressText } from '../../kernel/address.ts';
import type { Address } from '../../kernel/contract.ts';
import type { Input, Output } from '../../kernel/io.ts';
import type { TraceWords } from '../common/traced.ts';
import { lookupWords, questionWords } from '../common/words.ts';

/** `labelAt`: what whoever is there is called; undefined: nobody is known there. */
export function plainWords(labelAt: (address: Address) => string | undefined): TraceWords<Input, Output> {
  return {
    input(input) {
      if (input.type !== 'datagram') return lookupWords(input);
      const text = `a datagram from ${addressText(input.from)}: ${input.bytes.length} B, one line`;
      return { direction: 'in', peer: labelAt(input.from), text };
    },
    output(output) {
      if (output.type !== 'datagram') return questionWords(output);
      const text = `a datagram to ${addressText(output.to)}: ${output.bytes.length} B, one line; no answer will tell whether it arrived`;
      return { direction: 'out', peer: labelAt(output.to), text };
    },
  };
}
