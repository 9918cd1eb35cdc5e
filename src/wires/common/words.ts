/**
 * What the wires `plain` and `tcp` look up, in words that a learner can follow: one line each.
 *
 * Owns: the wording. Each wire's own words are beside that wire.
 */
import type { Input, Output } from '../../kernel/io.ts';
import type { TraceLine } from './trace-lines.ts';

/** A name's address, or why there is none; undefined: nothing to tell. */
export function lookupWords(input: Exclude<Input, { type: 'datagram' }>): TraceLine | undefined {
  switch (input.type) {
    case 'resolved':
      return note(`${input.host} is at ${input.ip}`);
    case 'unresolved':
      return note(`${input.host} has no address (${input.reason})`);
    case 'command':
    case 'timeout':
      return undefined;
    default:
      return input satisfies never;
  }
}

/** The question for a name's address; undefined: nothing to tell. */
export function questionWords(output: Exclude<Output, { type: 'datagram' }>): TraceLine | undefined {
  return output.type === 'resolve' ? note(`asks for the address of ${output.host}`) : undefined;
}

/** A line about what this node notices or decides. */
export function note(text: string): TraceLine {
  return { direction: 'note', peer: undefined, text };
}
