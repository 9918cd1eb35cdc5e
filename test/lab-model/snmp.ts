/**
 * /proc/net/snmp: what the kernel of one network namespace has counted.
 *
 * Owns: the reading of that file.
 */

/** UDP counters that count datagrams which no program got to see. */
const DROP_COUNTERS = ['InErrors', 'RcvbufErrors', 'SndbufErrors', 'InCsumErrors', 'MemErrors'] as const;

/**
 * The UDP drop counters by name. `InErrors` counts what its more precise neighbours count too, so that only what is left of it
 * stays under that name: no datagram counts twice.
 *
 * @throws where the text has no UDP counters.
 */
export function udpDrops(snmp: string): Record<string, number> {
  const [names, values] = snmp
    .split('\n')
    .filter((line) => line.startsWith('Udp: '))
    .map((line) => line.trim().split(/\s+/).slice(1));
  if (names === undefined || values === undefined) throw new Error('there are no UDP counters in it');
  const counters = new Map(names.map((name, at) => [name, Number(values[at])]));
  const drops = Object.fromEntries(DROP_COUNTERS.map((name) => [name, counters.get(name) ?? 0]));
  const { InErrors: all = 0, RcvbufErrors: full = 0, InCsumErrors: bad = 0, MemErrors: memory = 0 } = drops;
  return { ...drops, InErrors: Math.max(0, all - full - bad - memory) };
}
