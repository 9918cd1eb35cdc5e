/**
 * What crosses the network on wires `plain` and `tcp`, in words that a learner can follow: one line each.
 *
 * Owns: the wording. Must not know: what the wires do with any of it.
 */
import type { Address } from '../../kernel/contract.ts';
import type { Input, Output } from '../../kernel/io.ts';
import type { TraceLine } from './trace-lines.ts';
import { addressKey } from './address.ts';
import type { ConnectionId, TcpInput, TcpOutput } from '../tcp/io.ts';
import type { Words } from './traced.ts';

/** `labelAt`: what whoever is there is called; undefined: nobody is known there. */
export function plainWords(labelAt: (address: Address) => string | undefined): Words<Input, Output> {
  return {
    input(input) {
      if (input.type !== 'datagram') return lookupWords(input);
      const text = `a datagram from ${addressKey(input.from)}: ${input.bytes.length} B, one line`;
      return { direction: 'in', peer: labelAt(input.from), text };
    },
    output(output) {
      if (output.type !== 'datagram') return questionWords(output);
      const text = `a datagram to ${addressKey(output.to)}: ${output.bytes.length} B, one line; nobody will say whether it came`;
      return { direction: 'out', peer: labelAt(output.to), text };
    },
  };
}

/** `labelOf`: who is at the other end; undefined: nobody is known there yet, or any more. */
export function tcpWords(
  labelOf: (connection: ConnectionId) => string | undefined,
): Words<TcpInput, TcpOutput> {
  const told = (direction: TraceLine['direction'], id: ConnectionId, text: string): TraceLine => {
    return { direction, peer: labelOf(id), text: `connection ${id}: ${text}` };
  };
  return {
    input(input) {
      switch (input.type) {
        case 'opened': {
          const by = input.dial === undefined ? 'the other side' : 'this node';
          return told('note', input.connection, `open with ${addressKey(input.remote)}, dialled by ${by}`);
        }
        case 'dial-failed':
          return note(`no connection: ${input.reason}; it is tried again later`);
        case 'received':
          return told('in', input.connection, `${input.bytes.length} B`);
        case 'flushed':
          return told(
            'note',
            input.connection,
            `the kernel has taken ${input.bytes} B, and sees to the rest`,
          );
        case 'ended':
          return told('in', input.connection, 'the other side has nothing more to say (FIN)');
        case 'closed':
          return told(
            'note',
            input.connection,
            `closed${input.failure === undefined ? '' : `: ${input.failure}`}`,
          );
        default:
          return lookupWords(input);
      }
    },
    output(output) {
      switch (output.type) {
        case 'dial':
          return {
            direction: 'out',
            peer: undefined,
            text: `asks ${addressKey(output.to)} for a connection (SYN)`,
          };
        case 'write':
          return told('out', output.connection, `${output.bytes.length} B`);
        case 'end':
          return told('out', output.connection, 'this node has nothing more to say (FIN)');
        case 'destroy':
          return told('out', output.connection, 'dropped');
        case 'pause':
          return told(
            'note',
            output.connection,
            'not read for now, so that the kernel holds the sender back',
          );
        case 'resume':
          return told('note', output.connection, 'read (again)');
        default:
          return questionWords(output);
      }
    },
  };
}

function lookupWords(input: Exclude<Input, { type: 'datagram' }>): TraceLine | undefined {
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

function questionWords(output: Exclude<Output, { type: 'datagram' }>): TraceLine | undefined {
  return output.type === 'resolve' ? note(`asks for the address of ${output.host}`) : undefined;
}

function note(text: string): TraceLine {
  return { direction: 'note', peer: undefined, text };
}
