/**
 * Everything that passes a node's network interface, seen from a container inside its network.
 *
 * Owns: the sniffer's program, and reading what it prints.
 */
import { readFileSync } from 'node:fs';
import { INTEROP_IMAGE } from './engine.ts';
import type { Lab } from './lab.ts';
import type { Program } from './program.ts';

const SNIFFER = readFileSync(new URL('sniffer.py', import.meta.url), 'utf8');

export interface CapturedDatagram {
  /** `ip:port`. */
  readonly from: string;
  readonly to: string;
  /** Hexadecimal. */
  readonly payload: string;
}

/** Resolves when it captures. */
export async function sniff<Name extends string>(lab: Lab<Name>, node: Program): Promise<Program> {
  const sniffer = await lab.run({
    image: INTEROP_IMAGE,
    name: `sniffer at ${node.name}`,
    entrypoint: ['python3', '-c', SNIFFER],
    command: [],
    insideNetworkOf: node.id,
  });
  await sniffer.prints(/^sniffing$/);
  return sniffer;
}

/** What it has seen so far, in that order. */
export function captured(sniffer: Program): CapturedDatagram[] {
  return sniffer.stdout.lines.slice(1).map((line) => {
    const [from = '', to = '', payload = ''] = line.split(' ');
    return { from, to, payload };
  });
}
