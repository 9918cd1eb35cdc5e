/**
 * Every event that there is, in every shape that it can have, around one text.
 *
 * Owns: that the list is whole (the compiler holds it).
 */
import type { Event } from '../../src/kernel/contract.ts';
import { bobId as peerId } from './fakes.ts';

type EventType = Event['type'];
type EventsByType = { readonly [T in EventType]: readonly Extract<Event, { readonly type: T }>[] };

/** `text` stands wherever a string of somebody else can stand; a peer's id is always one that this node has made. */
export function eventsWith(text: string): readonly Event[] {
  return Object.values<readonly Event[]>(eventsByType(text)).flat();
}

function eventsByType(text: string): EventsByType {
  const address = { ip: text, port: 5000 };
  const peer = { name: text, peerId };
  const message = { type: 'message', from: text, peerId, seq: 1, at: 1_767_322_800_000, text } as const;
  const line = text.replaceAll('\n', '');
  const peerStatus = { name: text, linesSent: 1, linesReceived: 2, figures: { rttMs: 0.25, packetsLost: 3 } };
  const status = { type: 'status', name: text, address, said: 1 } as const;
  return {
    ready: [
      { type: 'ready', name: text, address, wire: 'tincan', receipts: true },
      { type: 'ready', name: text, address, wire: 'plain', receipts: false },
    ],
    'peer-joined': [{ type: 'peer-joined', ...peer, address }],
    'peer-left': [{ type: 'peer-left', ...peer, reason: text }],
    'peer-renamed': [{ type: 'peer-renamed', ...peer, was: text }],
    pinned: [{ type: 'pinned', ...peer }],
    forgotten: [
      { type: 'forgotten', ...peer, lines: 0 },
      { type: 'forgotten', name: text, peerId: undefined, lines: 2 },
    ],
    renamed: [{ type: 'renamed', name: text }],
    message: [message, { ...message, private: true }],
    messages: [{ ...message, type: 'messages', bytes: Buffer.from(`${line}\n${line}\n`), count: 2 }],
    trace: (['out', 'in', 'note'] as const).flatMap((direction) => [
      { type: 'trace', at: message.at, direction, peer: text, text },
      { type: 'trace', at: message.at, direction, peer: undefined, text },
    ]),
    queued: [
      { type: 'queued', ref: text, seq: 1 },
      { type: 'queued', ref: undefined, seq: 1, count: 2 },
    ],
    refused: [
      { type: 'refused', ref: text, code: text, message: text },
      { type: 'refused', ref: undefined, code: text, message: text },
      { type: 'refused', ref: undefined, code: text, message: text, count: 2 },
    ],
    sent: [
      { type: 'sent', ref: text, seq: 1 },
      { type: 'sent', ref: undefined, seq: 1 },
      { type: 'sent', ref: undefined, seq: 1, count: 2 },
    ],
    delivered: [
      { type: 'delivered', ref: 7, seq: 1, to: text, peerId },
      { type: 'delivered', ref: undefined, seq: 1, to: text, peerId },
      { type: 'delivered', ref: undefined, seq: 1, to: text, peerId, count: 2 },
    ],
    undelivered: [
      { type: 'undelivered', ref: text, seq: 1, to: text, reason: text },
      { type: 'undelivered', ref: undefined, seq: 1, to: undefined, reason: text },
    ],
    status: [
      { ...status, wire: 'tincan', peers: [{ ...peerStatus, peerId, address, state: 'open' }] },
      {
        ...status,
        wire: 'tcp',
        peers: (['resolving', 'connecting'] as const).map((state) => ({
          ...peerStatus,
          peerId: undefined,
          address: undefined,
          state,
        })),
      },
      { ...status, wire: 'plain', peers: [] },
    ],
    warning: [
      { type: 'warning', code: text, message: text },
      { type: 'warning', code: text, message: text, count: 3 },
    ],
    error: [{ type: 'error', code: text, message: text }],
    closed: [
      { type: 'closed', undelivered: 0 },
      { type: 'closed', undelivered: 2 },
    ],
  };
}
