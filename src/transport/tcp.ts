/**
 * TCP sockets for wire `tcp`: one that listens, and one for each connection.
 *
 * Owns: the sockets, by connection number.
 */
import { type Server, type Socket, connect, createServer } from 'node:net';
import { type HostPort, kindOfIp } from '../kernel/address.ts';
import type { Address } from '../kernel/contract.ts';
import type { ConnectionId, TcpInput, TcpOutput } from '../wires/tcp/io.ts';
import { fromKernel } from './address.ts';
import { openAtFirst } from './bind.ts';
import type { Family } from './resolver.ts';
import type { Transport } from './transport.ts';

/** How long a dial may take, in ms. Reason: a packet filter that swallows it would hold the redial up for two minutes. */
const dialTimeoutMs = 5_000;
/** Silence after which the kernel probes an idle connection, in ms. */
const keepaliveAfterMs = 15_000;

type Dial = Extract<TcpOutput, { type: 'dial' }>;
export type TcpTransportOutput = Exclude<TcpOutput, { type: 'event' | 'resolve' }>;

export class TcpTransport implements Transport<TcpTransportOutput> {
  readonly address: Address;
  readonly reach: Family;
  readonly #server: Server;
  readonly #onInput: (input: TcpInput) => void;
  readonly #sockets = new Map<ConnectionId, Socket>();
  readonly #dialling = new Set<Socket>();
  #connections = 0;

  private constructor(server: Server, onInput: (input: TcpInput) => void) {
    this.#server = server;
    this.#onInput = onInput;
    const bound = server.address();
    this.address =
      bound === null || typeof bound === 'string'
        ? { ip: '', port: 0 }
        : { ip: fromKernel(bound.address), port: bound.port };
    // A node at all addresses dials from the one that leads there; a node at an IPv4 address stays with what its peers can answer.
    this.reach = this.address.ip.includes(':') ? 'any' : 'ipv4';
    server.on('connection', (socket: Socket) => this.#opened(socket, undefined));
  }

  /** @throws {SetupError} if the address can't be had. */
  static open(bind: HostPort, onInput: (input: TcpInput) => void): Promise<TcpTransport> {
    return openAtFirst(bind, async (ip) => {
      const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true });
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(bind.port, ip, resolve);
      });
      server.removeAllListeners('error');
      // A connection that can't be accepted (no file descriptor left) is the dialler's to try again.
      server.on('error', () => {});
      return new TcpTransport(server, onInput);
    });
  }

  perform(output: TcpTransportOutput): void {
    if (output.type === 'dial') {
      this.#dial(output, output.localPorts);
      return;
    }
    const socket = this.#sockets.get(output.connection);
    // The connection may have closed while the core was answering: the core hears of that next.
    if (socket === undefined || socket.destroyed) return;
    switch (output.type) {
      case 'write':
        this.#write(socket, output.connection, output.bytes);
        break;
      case 'end':
        socket.end();
        break;
      case 'destroy':
        socket.destroy();
        break;
      case 'pause':
        socket.pause();
        break;
      case 'resume':
        socket.resume();
        break;
      default:
        output satisfies never;
    }
  }

  async close(): Promise<void> {
    for (const socket of [...this.#sockets.values(), ...this.#dialling]) socket.destroy();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  #dial(output: Dial, [localPort, ...otherPorts]: readonly number[]): void {
    const { dial, to } = output;
    const socket = connect({
      host: to.ip,
      port: to.port,
      localPort,
      allowHalfOpen: true,
      noDelay: true,
      ...localAddressTowards(to.ip, this.address.ip),
    });
    this.#dialling.add(socket);
    socket.setTimeout(dialTimeoutMs, () => socket.destroy(new Error('no answer')));
    const failed = (error: Error): void => {
      this.#dialling.delete(socket);
      const portsTaken = 'code' in error && (error.code === 'EADDRINUSE' || error.code === 'EADDRNOTAVAIL');
      if (portsTaken && otherPorts.length > 0) this.#dial(output, otherPorts);
      else this.#onInput({ type: 'dial-failed', dial, reason: error.message, portsTaken });
    };
    socket.once('error', failed);
    socket.once('connect', () => {
      this.#dialling.delete(socket);
      socket.off('error', failed);
      socket.setTimeout(0);
      socket.pause();
      this.#opened(socket, dial);
    });
  }

  #opened(socket: Socket, dial: number | undefined): void {
    this.#connections += 1;
    const connection = this.#connections;
    let failure: string | undefined;
    this.#sockets.set(connection, socket);
    socket.setKeepAlive(true, keepaliveAfterMs);
    socket.on('data', (bytes: Uint8Array) => this.#onInput({ type: 'received', connection, bytes }));
    socket.on('end', () => this.#onInput({ type: 'ended', connection }));
    socket.on('error', (error) => {
      failure = error.message;
    });
    socket.on('close', () => {
      this.#sockets.delete(connection);
      this.#onInput({ type: 'closed', connection, failure });
    });
    this.#onInput({
      type: 'opened',
      connection,
      dial,
      local: { ip: fromKernel(socket.localAddress ?? ''), port: socket.localPort ?? 0 },
      remote: { ip: fromKernel(socket.remoteAddress ?? ''), port: socket.remotePort ?? 0 },
    });
  }

  #write(socket: Socket, connection: ConnectionId, bytes: Uint8Array): void {
    socket.write(bytes, (error) => {
      if (!error && this.#sockets.has(connection))
        this.#onInput({ type: 'flushed', connection, bytes: bytes.length });
    });
  }
}

/** Peers know a node that listens at one address by that: so its dials leave from there, wherever the peer can be reached from it. @internal */
export function localAddressTowards(to: string, own: string): { readonly localAddress?: string } {
  const kind = kindOfIp(own);
  const isOtherFamily = own.includes(':') !== to.includes(':');
  const leadsThere = kind === 'ordinary' || (kind === 'loopback' && kindOfIp(to) === 'loopback');
  return leadsThere && !isOtherFamily ? { localAddress: own } : {};
}
