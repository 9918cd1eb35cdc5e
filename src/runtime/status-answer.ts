/**
 * What a status socket answered, read field by field: the node is this user's own, but need not be of this version, nor be a
 * node at all.
 *
 * Owns: which answers are a status. Names and addresses in it are as exact as they came, and are filtered where they are shown.
 */
import type { Address, PeerId, PeerStatus, Status } from '../kernel/contract.ts';
import { wireNames } from '../wires/traits.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Undefined: it is no status, or one in which something has another type. */
export function readStatus(text: string): Status | undefined {
  try {
    const fields = fieldsOf(JSON.parse(text));
    if (fields['type'] !== 'status') return undefined;
    const { name, wire, address, said, peers } = fields;
    if (!Array.isArray(peers)) return undefined;
    return {
      type: 'status',
      name: textOf(name),
      wire: oneOf(wireNames, wire),
      address: addressOf(address),
      said: numberOf(said),
      peers: peers.map(peerOf),
    };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}

function peerOf(value: unknown): PeerStatus {
  const { name, peerId, address, state, linesSent, linesReceived, figures } = fieldsOf(value);
  return {
    name: textOf(name),
    peerId: peerId === undefined ? undefined : peerIdOf(peerId),
    address: address === undefined ? undefined : addressOf(address),
    state: oneOf(['resolving', 'connecting', 'open'], state),
    linesSent: numberOf(linesSent),
    linesReceived: numberOf(linesReceived),
    figures: Object.fromEntries(
      Object.entries(fieldsOf(figures)).map(([figure, number]) => [figure, numberOf(number)]),
    ),
  };
}

/** Whatever a peer is called by its node: a script may give the id back, and nobody looks into it. */
function peerIdOf(value: unknown): PeerId {
  const text = textOf(value);
  if (!isPeerId(text)) throw new TypeError('no peer id');
  return text;
}

function isPeerId(text: string): text is PeerId {
  return text !== '';
}

function addressOf(value: unknown): Address {
  const { ip, port } = fieldsOf(value);
  return { ip: textOf(ip), port: numberOf(port) };
}

function fieldsOf(value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError('no object');
  return { ...value };
}

function textOf(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('no text');
  return value;
}

function numberOf(value: unknown): number {
  if (typeof value !== 'number') throw new TypeError('no number');
  return value;
}

function oneOf<T extends string>(allowed: readonly T[], value: unknown): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) throw new TypeError('no such word');
  return found;
}
