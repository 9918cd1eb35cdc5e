/**
 * A UDP socket, and beside it the multicast groups of the local network: what is sent to a group leaves on each interface.
 *
 * Owns: the sockets that hear the groups, and those that speak to them. Interfaces that come later are found at the next sending.
 */
import { type Socket, createSocket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import type { Address } from '../kernel/contract.ts';
import { setupErrorOf } from './setup-error.ts';
import type { Family } from './resolver.ts';
import type { Transport } from './transport.ts';
import type { UdpHandlers, UdpOutput, UdpTransport } from './udp.ts';

interface Interface {
  readonly ip: string;
  /** As a socket of the family wants it. */
  readonly id: string;
}

export class MulticastTransport implements Transport<UdpOutput> {
  readonly address: Address;
  readonly reach: Family;
  readonly #udp: UdpTransport;
  readonly #handlers: UdpHandlers;
  /** By the group's IP address, those of the families that the UDP socket can reach. */
  readonly #hearing = new Map<string, Socket>();
  readonly #groups: readonly Address[];

  private constructor(udp: UdpTransport, groups: readonly Address[], handlers: UdpHandlers) {
    this.address = udp.address;
    this.reach = udp.reach;
    this.#udp = udp;
    this.#groups = groups;
    this.#handlers = handlers;
  }

  /** @throws {SetupError} if a group's port can't be had. */
  static async open(
    udp: UdpTransport,
    groups: readonly Address[],
    handlers: UdpHandlers,
  ): Promise<MulticastTransport> {
    const transport = new MulticastTransport(udp, groups, handlers);
    try {
      for (const group of groups) if (reaches(udp.reach, group.ip)) await transport.#hear(group);
    } catch (cause) {
      await transport.close();
      throw cause;
    }
    return transport;
  }

  perform(output: UdpOutput): void {
    const group = this.#groups.find(({ ip }) => ip === output.to.ip);
    if (group === undefined) this.#udp.perform(output);
    else this.#tell(group, output.bytes);
  }

  async close(): Promise<void> {
    for (const socket of this.#hearing.values()) socket.close();
    this.#hearing.clear();
    await this.#udp.close();
  }

  async #hear(group: Address): Promise<void> {
    const isV6 = group.ip.includes(':');
    // Several nodes of one machine hear the same port.
    const socket = createSocket({ type: isV6 ? 'udp6' : 'udp4', reuseAddr: true, ipv6Only: isV6 });
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('error', reject);
        socket.bind(group.port, isV6 ? '::' : '0.0.0.0', resolve);
      });
    } catch (cause) {
      socket.close();
      throw setupErrorOf(cause, { host: group.ip, port: group.port });
    }
    socket.removeAllListeners('error');
    socket.on('error', this.#handlers.onSendFailed);
    socket.on('message', (bytes: Uint8Array, { address, port }) =>
      this.#handlers.onInput({ type: 'datagram', from: { ip: address, port }, bytes }),
    );
    this.#hearing.set(group.ip, socket);
    this.#join(group, socket);
  }

  #join(group: Address, socket: Socket): readonly Interface[] {
    const interfaces = interfacesOf(group.ip.includes(':'), this.address.ip);
    for (const { id } of interfaces) {
      try {
        socket.addMembership(group.ip, id);
      } catch (error) {
        this.#onFailed(error);
      }
    }
    return interfaces;
  }

  /** An internal network has no route for a group: each interface has a socket of its own, bound to its address. */
  #tell(group: Address, bytes: Uint8Array): void {
    const hearing = this.#hearing.get(group.ip);
    if (hearing === undefined) return;
    for (const { ip, id } of this.#join(group, hearing)) {
      const socket = createSocket(ip.includes(':') ? 'udp6' : 'udp4');
      const end = (error: unknown): void => {
        socket.close();
        if (error !== null) this.#onFailed(error);
      };
      socket.once('error', end);
      socket.bind(0, ip, () => {
        try {
          socket.setMulticastInterface(id);
          socket.send(bytes, group.port, group.ip, end);
        } catch (error) {
          end(error);
        }
      });
    }
  }

  #onFailed(error: unknown): void {
    const code = Error.isError(error) && 'code' in error ? error.code : undefined;
    // The interface is in the group already, or its address is not usable yet.
    if (code === 'EADDRINUSE' || code === 'EADDRNOTAVAIL') return;
    this.#handlers.onSendFailed(Error.isError(error) ? error : new Error('multicast', { cause: error }));
  }
}

function reaches(reach: Family, ip: string): boolean {
  return reach === 'any' || (reach === 'ipv6') === ip.includes(':');
}

/** One address of each interface that peers can reach the node at; an IPv6 address of link-local scope only where there is no other. */
function interfacesOf(isV6: boolean, bound: string): readonly Interface[] {
  const isAny = bound === '0.0.0.0' || bound === '::';
  return Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) => {
    const ips = addresses
      .filter(({ family }) => (family === 'IPv6') === isV6)
      .filter(({ address, internal }) => (isAny ? !internal : address === bound.split('%')[0]))
      .map(({ address }) => address);
    const ip = ips.find((each) => !each.startsWith('fe80')) ?? ips[0];
    if (ip === undefined) return [];
    if (!isV6) return [{ ip, id: ip }];
    return [{ ip: ip.startsWith('fe80') ? `${ip}%${name}` : ip, id: `::%${name}` }];
  });
}
