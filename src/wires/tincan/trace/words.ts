/**
 * Puts trace events into words that a learner can follow: one line each.
 *
 * Owns: the wording, but for the frames' (`codec/frame-table.ts`). What a peer chose, such as its name, is in the words as it is:
 * whoever shows them filters them.
 */
import { frameWords } from '../codec/frame-table.ts';
import { addressText } from '../../../kernel/address.ts';
import { traceFramesMax } from '../limits.ts';
import type { HandshakeStep, LostLine, PacketLost, PacketReceived, PacketSent, TraceEvent } from './trace.ts';
import type { TraceLine } from '../../common/trace-lines.ts';

export function traceWords(event: TraceEvent): Omit<TraceLine, 'peer'> {
  switch (event.type) {
    case 'packet-sent': {
      const kind = event.probe ? 'probe, packet' : 'packet';
      return { direction: 'out', text: `${kind} ${packetWords(event)}` };
    }
    case 'packet-received':
      return { direction: 'in', text: `packet ${packetWords(event)}` };
    case 'packet-lost':
      return note(lossWords(event));
    case 'datagram-dropped': {
      const text = `dropped ${event.bytes} B from ${addressText(event.from)}: ${dropReasons.get(event.reason) ?? event.reason}`;
      return { direction: 'in', text };
    }
    case 'handshake': {
      const [direction, text] = handshakeWords[event.step](addressText(event.address));
      return { direction, text };
    }
    case 'session':
      return note(sessionWords[event.step]);
    case 'path':
      return note(pathWords[event.step](addressText(event.address)));
    default:
      return event satisfies never;
  }
}

function packetWords({ packetNumber, bytes, frames }: PacketSent | PacketReceived): string {
  const words = frames.slice(0, traceFramesMax).map(frameWords);
  if (frames.length > traceFramesMax) words.push(`and ${frames.length - traceFramesMax} more frames`);
  return `${packetNumber} (${bytes} B): ${words.join(', ')}`;
}

/** `packet 4 lost: later ones have arrived, this one has not; line 2 will be sent again`. */
function lossWords({ packetNumber, sign, agoMs, lines }: PacketLost): string {
  const why =
    sign === 'ack-gap'
      ? 'later ones have arrived, this one has not'
      : `a later one has arrived, this one has not within ${millisecondsWords(agoMs)}`;
  const what = grouped(lines, ({ fate, packetNumber: other }) => `${fate} ${other}`).map(fateWords);
  return [`packet ${packetNumber} lost: ${why}`, ...(what.length === 0 ? ['it carried no line'] : what)].join(
    '; ',
  );
}

function fateWords(lines: readonly [LostLine, ...LostLine[]]): string {
  const [{ fate, packetNumber }] = lines;
  const { text, isOne } = linesWords(lines);
  const otherPacket = packetNumber === undefined ? 'another packet' : `packet ${packetNumber}`;
  const words = {
    'goes-again': 'will be sent again',
    'under-way': `${isOne ? 'is' : 'are'} under way in ${otherPacket}, too`,
    arrived: `had arrived in ${otherPacket}`,
  };
  return `${text} ${words[fate]}`;
}

/** A sentence for each packet whose lines go again in this one: `packet 4 lost, line 2 sent again in packet 7, 132 ms later`. */
export function repeatWords({ packetNumber, repeats }: PacketSent): readonly Omit<TraceLine, 'peer'>[] {
  return grouped(repeats, ({ cause, packetBefore }) => `${cause} ${packetBefore}`).map((pieces) => {
    const [{ cause, packetBefore, laterMs }] = pieces;
    const { text } = linesWords(pieces);
    const later = millisecondsWords(laterMs);
    const lost = `packet ${packetBefore} lost, ${text} sent again in packet ${packetNumber}, ${later} later`;
    const words = {
      'ack-gap': lost,
      timer: lost,
      probe: `packet ${packetBefore} not acknowledged yet, ${text} sent again in packet ${packetNumber} as a probe, ${later} later`,
      piggyback: `packet ${packetNumber} had room, ${text} sent again in it, ${later} after packet ${packetBefore}, in case that is lost`,
    };
    return note(words[cause]);
  });
}

/** `line 2`, `lines 2, 3 and 5`; pieces of one line count once. */
function linesWords(pieces: readonly { readonly seq: number }[]): { text: string; isOne: boolean } {
  const numbers = [...new Set(pieces.map(({ seq }) => seq))];
  const shown = numbers.slice(0, traceFramesMax).map(String);
  if (numbers.length > shown.length) shown.push(`${numbers.length - shown.length} more`);
  const last = shown.pop() ?? '';
  return shown.length === 0
    ? { text: `line ${last}`, isOne: true }
    : { text: `lines ${shown.join(', ')} and ${last}`, isOne: false };
}

/** Items with the same key, in the order in which each key came first. */
function grouped<Item>(items: readonly Item[], keyOf: (item: Item) => string): [Item, ...Item[]][] {
  const groups = new Map<string, [Item, ...Item[]]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return [...groups.values()];
}

function millisecondsWords(duration: number): string {
  return `${Math.round(duration)} ms`;
}

const handshakeWords: Readonly<
  Record<HandshakeStep['step'], (where: string) => readonly [TraceLine['direction'], string]>
> = {
  'sent-1': (where) => ['out', `handshake message 1 to ${where}: asks for a session`],
  'sent-2': (where) => ['out', `handshake message 2 to ${where}: answers, and says who we are`],
  'sent-3': (where) => ['out', `handshake message 3 to ${where}: says who we are, and agrees on keys`],
  'sent-cookie': (where) => [
    'out',
    `a cookie to ${where}: only a node that gets what is sent there can return it, and may then go on`,
  ],
  established: (where) => ['note', `the handshake with ${where} is done`],
  'gave-up': (where) => ['note', `the handshake with ${where} is given up: no answer`],
};

const sessionWords = {
  opened: 'a session begins, with keys of its own',
  confirmed: 'the session is confirmed: a packet came in under its keys',
  retired: 'a newer session replaces this one, which only takes in late packets',
  dead: 'the session is over, without a goodbye',
  closed: 'the session is over: the peer has said goodbye',
} as const;

const pathWords = {
  moved: (address: string) =>
    `packets of the peer come from ${address} now; little is sent there until the peer has answered from there`,
  validated: (address: string) => `the peer has answered from ${address}: that is its address now`,
  reverted: (address: string) => `no answer at the new address; back to ${address}`,
} as const;

/** By the code of `datagram-dropped`. */
const dropReasons: ReadonlyMap<string, string> = new Map([
  ['unknown-type', 'no message of this wire begins like it'],
  ['unknown-index', 'no session of this node has its number'],
  ['session-over', 'its session is over'],
  [
    'other-log',
    'its lines are of a log that is over: the peer was started anew, or two programs use its key',
  ],
  ['duplicate', 'the same packet has come before'],
  ['too-old', 'so many later packets have come that nobody knows whether this one came before'],
  ['forged', 'its authentication tag is wrong: it was forged, or damaged on its way'],
  ['bad-mac1', 'its sender does not know the room key'],
  ['replayed', 'this node has sent or received the same message before'],
  ['simultaneous', "both sides opened a session at once, and this node's attempt counts"],
  ['rate', 'too many handshakes come from there'],
  ['half-open-full', 'too many handshakes are under way'],
  ['malformed', 'it is not well-formed'],
  ['own-announcement', 'this node has announced itself'],
  ['known', 'its sender is here already'],
  ['own-key', "its sender has this node's own key"],
  ['unexpected', 'this node waits for no such message'],
  ['wrong-address', 'it answers a handshake that was sent to another address'],
  ['room-full', 'the room has as many peers as it can have'],
  ['no-room', 'this node has no memory for its lines now; the peer will send them again'],
]);

function note(text: string): Omit<TraceLine, 'peer'> {
  return { direction: 'note', text };
}
