/**
 * Datagrams that the kernel dropped because a socket of this process had no room for them.
 *
 * Owns: reading that count.
 */
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

const UDP_SOCKETS = ['/proc/net/udp', '/proc/net/udp6'];
const OWN_FILES = '/proc/self/fd';
/** In a row of the kernel's table, from 0; the last column has the drops. */
const INODE_COLUMN = 9;

/** Of all UDP sockets that are open now, since each was opened; undefined where the kernel does not tell. */
export function kernelDrops(): number | undefined {
  try {
    const own = ownSockets();
    return UDP_SOCKETS.reduce((sum, table) => sum + dropsOf(own, readFileSync(table, 'utf8')), 0);
  } catch {
    return undefined;
  }
}

/** The inodes of this process's sockets. */
function ownSockets(): ReadonlySet<string> {
  const targets = readdirSync(OWN_FILES).map((file) => {
    try {
      return readlinkSync(`${OWN_FILES}/${file}`);
    } catch {
      // The listing's own file is closed by now.
      return '';
    }
  });
  return new Set(targets.flatMap((target) => /^socket:\[(\d+)\]$/u.exec(target)?.[1] ?? []));
}

/** From the text of `/proc/net/udp`: a row of titles, then a row for each socket. @internal */
export function dropsOf(inodes: ReadonlySet<string>, table: string): number {
  const rows = table
    .split('\n')
    .slice(1)
    .map((row) => row.trim().split(/\s+/u));
  return rows
    .filter((row) => inodes.has(row[INODE_COLUMN] ?? ''))
    .reduce((sum, row) => sum + Number(row.at(-1)), 0);
}
