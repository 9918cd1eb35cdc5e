/**
 * One UDP socket for all peers.
 *
 * Owns: the socket, its buffer sizes, how an address looks to the kernel. The socket is unconnected: a peer's absence shows
 * only as silence, never as an error of ours.
 */
import { type RemoteInfo, type Socket, createSocket } from 'node:dgram';
import type { HostPort } from '../kernel/address.ts';
import type { Address } from '../kernel/contract.ts';
import type { Input, Output } from '../kernel/io.ts';
import { fromKernel, toKernel } from './address.ts';
import { openAtFirst } from './bind.ts';
import type { Family } from './resolver.ts';
import type { Transport } from './transport.ts';

/**
 * Asked of the kernel for received datagrams, in bytes (it may give less). Reason: an unpaced burst of 2,000 lines lost
 * 38 to 78 % in the default buffer.
 */
const receiveBufferBytes = 4_194_304;

export type UdpInput = Extract<Input, { type: 'datagram' }>;
export type UdpOutput = Extract<Output, { type: 'datagram' }>;

export class UdpTransport implements Transport<UdpOutput> {
  readonly address: Address;
  readonly reach: Family;
  readonly #socket: Socket;
  readonly #isV6: boolean;
  readonly #onSent: (error: Error | null) => void;
  /** Datagrams that the kernel has not answered for. */
  #sending = 0;
  #onIdle: (() => void) | undefined;

  private constructor(socket: Socket, isV6: boolean, handlers: UdpHandlers) {
    this.#socket = socket;
    this.#isV6 = isV6;
    const { address, port } = socket.address();
    this.address = { ip: fromKernel(address), port };
    this.reach = reachOf(this.address.ip);
    this.#onSent = (error) => {
      this.#sending -= 1;
      if (this.#sending === 0) this.#onIdle?.();
      if (error !== null) handlers.onSendFailed(error);
    };
    socket.on('error', handlers.onSendFailed);
    socket.on('message', (bytes: Uint8Array, from: RemoteInfo) => {
      handlers.onInput({ type: 'datagram', from: { ip: fromKernel(from.address), port: from.port }, bytes });
    });
  }

  /** @throws {SetupError} if the address can't be had. */
  static open(bind: HostPort, handlers: UdpHandlers): Promise<UdpTransport> {
    return openAtFirst(bind, async (ip) => {
      const isV6 = ip.includes(':');
      const socket = createSocket({
        type: isV6 ? 'udp6' : 'udp4',
        recvBufferSize: receiveBufferBytes,
        // Destinations are numeric here, and of the socket's own family: without this, each datagram would take a detour
        // through the resolver.
        lookup: (host, _options, callback) => callback(null, host, isV6 ? 6 : 4),
      });
      try {
        await new Promise<void>((resolve, reject) => {
          socket.once('error', reject);
          socket.bind(bind.port, ip, resolve);
        });
      } catch (error) {
        socket.close();
        throw error;
      }
      socket.removeAllListeners('error');
      return new UdpTransport(socket, isV6, handlers);
    });
  }

  perform({ to, bytes }: UdpOutput): void {
    this.#sending += 1;
    this.#socket.send(bytes, to.port, toKernel(to.ip, this.#isV6), this.#onSent);
  }

  /** Resolves when what was handed over has gone out and the socket is closed. */
  async close(): Promise<void> {
    // Closing would cancel what waits for room in the kernel's buffer.
    if (this.#sending > 0)
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    await new Promise<void>((resolve) => {
      this.#socket.close(() => resolve());
    });
  }
}

/** A socket at one IPv6 address has no IPv4 address to send from; the one at all addresses has both. */
function reachOf(ip: string): Family {
  if (ip === '::') return 'any';
  return ip.includes(':') ? 'ipv6' : 'ipv4';
}

export interface UdpHandlers {
  readonly onInput: (input: UdpInput) => void;
  /** The kernel refused a datagram (`EPERM` from a firewall, `ENETUNREACH`, …). */
  readonly onSendFailed: (error: Error) => void;
}
