/**
 * A place on networks where IPv4 is not: the engine makes no such network, so a container gives its IPv4 addresses away, and a
 * program runs inside the network of that container. Names still lead to both families there, and IPv4 leads nowhere.
 *
 * Owns: the container.
 */
import { labels } from './cleanup.ts';
import { INTEROP_IMAGE } from './engine.ts';
import { Program } from './program.ts';
import type { Attachment } from './stdio-container.ts';

/** The kernel lets nobody send from a new IPv6 address for a second or two. Then until our end of its stdin is gone. */
const SCRIPT = `
  for link in /sys/class/net/eth*; do ip -4 address flush dev "\${link##*/}" || exit 1; done
  while [ -n "$(ip -6 address show tentative)" ]; do sleep 0.1; done
  echo ready
  exec cat
`;

export async function placeWithoutIpv4(name: string, networks: readonly Attachment[]): Promise<Program> {
  const place = await Program.start({
    image: INTEROP_IMAGE,
    name,
    networks,
    labels: labels(),
    capabilities: ['NET_ADMIN'],
    entrypoint: ['sh', '-c', SCRIPT],
    command: [],
  });
  await place.prints(/^ready$/);
  return place;
}
