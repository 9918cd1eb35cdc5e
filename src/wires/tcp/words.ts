/**
 * What crosses the network on wire `tcp`, in words that a learner can follow: one line each.
 *
 * Owns: the wording.
 */
import { addressText } from '../../kernel/address.ts';
import type { TraceLine } from '../common/trace-lines.ts';
import type { TraceWords } from '../common/traced.ts';
import { lookupWords, note, questionWords } from '../common/words.ts';
import type { ConnectionId, TcpInput, TcpOutput } from './io.ts';

/** `labelOf`: who is at the other end; undefined: nobody is known there yet, or any more. */
export function tcpWords(
  labelOf: (connection: ConnectionId) => string | undefined,
): TraceWords<TcpInput, TcpOutput> {
  const told = (direction: TraceLine['direction'], id: ConnectionId, text: string): TraceLine => {
    return { direction, peer: labelOf(id), text: `connection ${id}: ${text}` };
  };
  return {
    input(input) {
      switch (input.type) {
        case 'opened': {
          const by = input.dial === undefined ? 'the other side' : 'this node';
          return told('note', input.connection, `open with ${addressText(input.remote)}, dialled by ${by}`);
        }
        case 'dial-failed':
          return note(`no connection: ${input.reason}; this node tries again later`);
        case 'received':
          return told('in', input.connection, `${input.bytes.length} B`);
        case 'flushed':
          return told('note', input.connection, `the kernel has taken ${input.bytes} B, and will send them`);
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
            text: `asks ${addressText(output.to)} for a connection (SYN)`,
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
            'this node does not read from it for now, so that the kernel holds the sender back',
          );
        case 'resume':
          return told('note', output.connection, 'this node reads from it');
        default:
          return questionWords(output);
      }
    },
  };
}
