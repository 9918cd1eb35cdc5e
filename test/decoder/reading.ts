/** What decoded datagrams say: their packets, the frames of one type, the lines. */
import type { Decoded, Packet } from './decoder.ts';
import type { Frame } from './frames.ts';

export function packetsOf(decoded: readonly Decoded[]): readonly Packet[] {
  return decoded.flatMap((each) => {
    if (each.type === 'packet') return [each];
    return each.type === 'finish' && each.packet !== undefined ? [each.packet] : [];
  });
}

export function framesOf<Type extends Frame['type']>(
  packets: readonly Packet[],
  type: Type,
): readonly Extract<Frame, { type: Type }>[] {
  return packets
    .flatMap(({ frames }) => frames)
    .filter((frame): frame is Extract<Frame, { type: Type }> => frame.type === type);
}

/** The texts of the lines in these packets, put together from their pieces, in the order of their log. */
export function linesOf(packets: readonly Packet[]): readonly string[] {
  const lines = new Map<number, Buffer>();
  for (const { seq, offset, bytes, last } of framesOf(packets, 'line')) {
    const end = offset + bytes.length;
    const known = lines.get(seq) ?? Buffer.alloc(0);
    const line = Buffer.alloc(last ? end : Math.max(known.length, end));
    known.copy(line);
    line.set(bytes, offset);
    lines.set(seq, line);
  }
  for (const { seq, lines: together } of framesOf(packets, 'lines')) {
    for (const [index, line] of together.entries()) lines.set(seq + index, Buffer.from(line));
  }
  return [...lines].toSorted(([a], [b]) => a - b).map(([, line]) => line.toString());
}
