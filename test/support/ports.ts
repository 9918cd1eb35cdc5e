/**
 * Ports on loopback for nodes that must know each other's before either runs.
 *
 * Owns: which ports are free.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { sourcePorts } from '../../src/wires/tcp/pairing.ts';

/**
 * Below the range from which Linux takes source ports (32,768 and up), and so that what `sourcePorts` makes of them first
 * is below it as well: no client of another program comes in between.
 */
const FIRST_PORT = 11_000;
const PORTS = 9_000;

/** So many different ports that are free right now, with the first source ports that belong to them. */
export async function freePorts(count: number): Promise<number[]> {
  const found = new Set<number>();
  for (let tries = 0; found.size < count; tries += 1) {
    if (tries > 200) throw new Error(`no ${count} free ports on loopback after ${tries} tries`);
    const port = FIRST_PORT + Math.floor(Math.random() * PORTS);
    const [sourcePort = 0] = sourcePorts(port);
    if ((await isFreeForTcp(port)) && (await isFreeForTcp(sourcePort)) && (await isFreeForUdp(port)))
      found.add(port);
  }
  return [...found];
}

async function isFreeForTcp(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
    return true;
  } catch {
    return false;
  }
}

async function isFreeForUdp(port: number): Promise<boolean> {
  const socket = createSocket('udp4');
  try {
    socket.bind(port, '127.0.0.1');
    await once(socket, 'listening');
    socket.close();
    await once(socket, 'close');
    return true;
  } catch {
    return false;
  }
}
