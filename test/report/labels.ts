/**
 * What each datagram is, in a word or two, from the relay's capture: its packets in the order in which they came.
 *
 * Owns: the names.
 */
import type { Wire } from '../lab-model/outcome.ts';

/** Block type and option layout are those of pcapng (draft-ietf-opsawg-pcapng); the relay writes little-endian. */
const ENHANCED_PACKET_BLOCK = 6;
const PACKET_DATA_AT = 28;
const IPV4_AND_UDP_BYTES = 28;

/** The first byte of a datagram on wire `tincan`, as in src/wires/tincan/README.md. */
const TINCAN: ReadonlyMap<number, string> = new Map([
  [0x01, 'handshake 1'],
  [0x02, 'handshake 2'],
  [0x03, 'handshake 3'],
  [0x04, 'cookie'],
  [0x40, 'data'],
]);

/** Of the first direction and of the second, by index. */
export function labelsOf(capture: Uint8Array, wire: Wire): readonly [readonly string[], readonly string[]] {
  const labels: readonly [string[], string[]] = [[], []];
  const view = new DataView(capture.buffer, capture.byteOffset, capture.byteLength);
  for (let at = 0; at + 8 <= view.byteLength; at += view.getUint32(at + 4, true)) {
    if (view.getUint32(at, true) !== ENHANCED_PACKET_BLOCK) continue;
    // Each direction has two interfaces: the relay's way in, and its way out.
    const [first, second] = labels;
    const ofDirection = new Map([
      [0, first],
      [2, second],
    ]).get(view.getUint32(at + 8, true));
    const packetBytes = view.getUint32(at + 20, true);
    const payload = capture.subarray(
      at + PACKET_DATA_AT + IPV4_AND_UDP_BYTES,
      at + PACKET_DATA_AT + packetBytes,
    );
    ofDirection?.push(label(payload, wire));
  }
  return labels;
}

function label(payload: Uint8Array, wire: Wire): string {
  if (wire === 'tincan') return TINCAN.get(payload[0] ?? 0) ?? '';
  // As in `lineText`: the second word is the line's number.
  const [, number = ''] = new TextDecoder().decode(payload).split(' ', 2);
  return `line ${number}`;
}
