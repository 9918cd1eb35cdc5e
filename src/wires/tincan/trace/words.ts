/**
 * Puts trace events into words that a learner can follow: one line each.
 *
 * Owns: the wording, but for the frames' (`codec/frame-table.ts`). What a peer chose, such as its name, is in the words as it is:
 * whoever shows them filters them.
 */
import { frameWords } from '../codec/frame-table.ts';
import { addressText } from '../../../kernel/address.ts';
import { traceFramesMax } from '../limits.ts';
import type { TraceEvent } from './trace.ts';
import type { TraceLine } from '../../common/trace-lines.ts';

/** What is put into words: not the estimates, which change with each ack. */
export type ToldEvent = Exclude<TraceEvent, { readonly type: 'recovery' }>;

export function traceWords(event: ToldEvent): Omit<TraceLine, 'peer'> {
  switch (event.type) {
    case 'packet-sent': {
      const kind = event.probe ? 'probe, packet' : 'packet';
      return { direction: 'out', text: `${kind} ${packetWords(event)}` };
    }
    case 'packet-received':
      return { direction: 'in', text: `packet ${packetWords(event)}` };
    case 'packet-lost':
      return note(`packet ${event.packetNumber} is taken for lost: what it held goes again, in a new packet`);
    case 'datagram-dropped': {
      const text = `dropped ${event.bytes} B from ${addressText(event.from)}: ${dropWords(event.reason)}`;
      return { direction: 'in', text };
    }
    case 'handshake':
      return handshakeWords(event);
    case 'session':
      return note(sessionWords[event.step]);
    case 'path':
      return note(pathWords[event.step](addressText(event.address)));
    default:
      return event satisfies never;
  }
}

function packetWords({
  packetNumber,
  bytes,
  frames,
}: Extract<TraceEvent, { readonly type: 'packet-sent' | 'packet-received' }>): string {
  const words = frames.slice(0, traceFramesMax).map(frameWords);
  if (frames.length > traceFramesMax) words.push(`and ${frames.length - traceFramesMax} more frames`);
  return `${packetNumber} (${bytes} B): ${words.join(', ')}`;
}

function handshakeWords({
  step,
  address,
}: Extract<TraceEvent, { readonly type: 'handshake' }>): Omit<TraceLine, 'peer'> {
  const where = addressText(address);
  switch (step) {
    case 'sent-1':
      return { direction: 'out', text: `handshake message 1 to ${where}: asks for a session` };
    case 'sent-2':
      return { direction: 'out', text: `handshake message 2 to ${where}: answers, and says who we are` };
    case 'sent-3':
      return {
        direction: 'out',
        text: `handshake message 3 to ${where}: says who we are, and agrees on keys`,
      };
    case 'sent-cookie':
      return {
        direction: 'out',
        text: `a cookie to ${where}: who brings it back gets what is sent there, and may go on`,
      };
    case 'established':
      return note(`the handshake with ${where} is done`);
    case 'gave-up':
      return note(`the handshake with ${where} is given up: no answer`);
    default:
      return step satisfies never;
  }
}

const sessionWords = {
  opened: 'a session begins, with keys of its own',
  confirmed: 'the session is confirmed: a packet came in under its keys',
  retired: 'the session is replaced by a newer one, and only takes in what is late',
  dead: 'the session is over: nothing more came',
  closed: 'the session is over: the peer has said goodbye',
} as const;

const pathWords = {
  moved: (address: string) =>
    `the peer speaks from ${address} now; it gets little until it has answered there`,
  validated: (address: string) => `the peer has answered at ${address}: that is its address now`,
  reverted: (address: string) => `no answer at the new address; back to ${address}`,
} as const;

/** By the code of `datagram-dropped`. */
const dropReasons: ReadonlyMap<string, string> = new Map([
  ['unknown-type', 'nothing that this wire knows'],
  ['unknown-index', 'it belongs to no session'],
  ['session-over', 'its session is over'],
  ['duplicate', 'it came before'],
  ['too-old', 'it is too far behind to know whether it came before'],
  ['forged', 'its tag is wrong, so that it is forged or was damaged on its way'],
  ['bad-mac1', 'its sender does not know the room key'],
  ['replayed', 'the same message was answered before'],
  ['simultaneous', 'both sides opened at once, and our attempt stands'],
  ['rate', 'too many handshakes from there'],
  ['half-open-full', 'too many handshakes are under way'],
  ['malformed', 'it is not well-formed'],
  ['own-key', 'it is our own'],
  ['unexpected', 'nothing waits for it'],
  ['wrong-address', 'it comes from where its handshake did not go'],
  ['room-full', 'there is no room for one more peer'],
  ['no-room', 'there is no room for its lines; it comes again'],
]);

function dropWords(reason: string): string {
  return dropReasons.get(reason) ?? reason;
}

function note(text: string): Omit<TraceLine, 'peer'> {
  return { direction: 'note', text };
}
