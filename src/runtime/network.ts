/**
 * The network thread: owns socket, clock and protocol, so that a stalled terminal or a long paste in the main thread never
 * keeps a datagram in the kernel's buffer (as the tutorial's two threads do for it).
 *
 * Owns: which core and which transport make which wire. Must not know: faces, stdio, exit codes.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { HostPort } from '../config.ts';
import type { Address, Command, Event, PeerTarget, WireName } from '../contract.ts';
import { invariant } from '../protocol/invariant.ts';
import type { DatagramCore, Input, Output } from '../protocol/io.ts';
import { TincanNode } from '../protocol/node.ts';
import { SetupError } from '../transport/setup-error.ts';
import { TcpTransport } from '../transport/tcp.ts';
import { UdpTransport } from '../transport/udp.ts';
import { PlainCore } from '../wires/plain.ts';
import type { TcpInput, TcpOutput } from '../wires/tcp-io.ts';
import { TcpCore } from '../wires/tcp.ts';
import { Traced } from '../wires/traced.ts';
import { Warnings } from '../wires/warnings.ts';
import { plainWords, tcpWords } from '../wires/words.ts';
import { keyPairFromPrivate, nodeCrypto, stretchRoomKey } from './crypto.ts';
import { Driver, clock } from './driver.ts';

/** What the main thread hands over at the start: plain data. */
export interface NetworkSettings {
  readonly name: string;
  readonly bind: HostPort;
  readonly peers: readonly PeerTarget[];
  readonly wire: WireName;
  /** What the user wrote as the room key; only wire `tincan` has a use for it. */
  readonly roomKey?: Uint8Array | undefined;
  /** A raw X25519 private key, and which key each name had: what an earlier run has left, for wire `tincan`. */
  readonly identity?: Uint8Array | undefined;
  readonly knownPeers?: ReadonlyMap<string, string> | undefined;
}

/** A wire that is up: where it listens, and how to turn it. */
interface Running {
  readonly address: Address;
  readonly receipts: boolean;
  commands(commands: readonly Command[]): void;
  emit(event: Event): void;
  stop(): Promise<void>;
}

/** Opens the wire, reports `ready` or why not, and carries commands and events until `closed`. */
async function run(settings: NetworkSettings, port: MessagePort): Promise<void> {
  let running: Running | undefined;
  const onEvents = (events: readonly Event[]): void => {
    port.postMessage(events);
    if (events.at(-1)?.type === 'closed') void running?.stop().then(() => port.close());
  };
  try {
    running = await open(settings, onEvents);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    onEvents([
      { type: 'error', code: error.code, message: error.message },
      { type: 'closed', undelivered: 0 },
    ]);
    port.close();
    return;
  }
  const { address, receipts } = running;
  running.emit({ type: 'ready', name: settings.name, address, wire: settings.wire, receipts });
  port.on('message', (commands: readonly Command[]) => running?.commands(commands));
}

function open(settings: NetworkSettings, onEvents: (events: readonly Event[]) => void): Promise<Running> {
  switch (settings.wire) {
    case 'tincan':
      return openTincan(settings, onEvents);
    case 'plain':
      return openPlain(settings, onEvents);
    case 'tcp':
      return openTcp(settings, onEvents);
    default:
      return settings.wire satisfies never;
  }
}

async function openTincan(
  { name, bind, peers, roomKey: written, identity: kept, knownPeers = new Map() }: NetworkSettings,
  onEvents: (events: readonly Event[]) => void,
): Promise<Running> {
  // Before the socket is open: what it receives needs a core at once.
  const roomKey = written === undefined ? undefined : await stretchRoomKey(written);
  const identity = kept === undefined ? nodeCrypto.generateKeyPair() : keyPairFromPrivate(kept);
  const makeCore = (address: Address) =>
    new TincanNode({ name, address, peers, roomKey, identity, knownPeers, crypto: nodeCrypto });
  return openUdp(bind, makeCore, true, onEvents);
}

function openPlain(
  { name, bind, peers }: NetworkSettings,
  onEvents: (events: readonly Event[]) => void,
): Promise<Running> {
  const makeCore = (address: Address) => {
    const core = new PlainCore({ name, address, peers, random: Math.random });
    return new Traced<Input, Output>(
      core,
      plainWords((at) => core.labelAt(at)),
    );
  };
  return openUdp(bind, makeCore, false, onEvents);
}

async function openUdp(
  bind: HostPort,
  makeCore: (address: Address) => DatagramCore,
  receipts: boolean,
  onEvents: (events: readonly Event[]) => void,
): Promise<Running> {
  const warnings = new Warnings((event) => driver.emit(event));
  const transport = await UdpTransport.open(bind, {
    onInput: (input) => driver.input(input),
    onSendFailed: (error) =>
      warnings.warn('send-failed', `the kernel refused a datagram: ${error.message}`, clock()),
  });
  const driver = new Driver(makeCore(transport.address), transport, onEvents);
  return asRunning(driver, transport, receipts);
}

async function openTcp(
  { name, bind, peers }: NetworkSettings,
  onEvents: (events: readonly Event[]) => void,
): Promise<Running> {
  const transport = await TcpTransport.open(bind, (input) => driver.input(input));
  const tcp = new TcpCore({ name, address: transport.address, peers, random: Math.random });
  const core = new Traced<TcpInput, TcpOutput>(
    tcp,
    tcpWords((connection) => tcp.labelOf(connection)),
  );
  const driver = new Driver(core, transport, onEvents);
  return asRunning(driver, transport, false);
}

function asRunning<I extends { readonly type: string }, O extends { readonly type: string }>(
  driver: Driver<I, O>,
  transport: { readonly address: Address; close(): Promise<void> },
  receipts: boolean,
): Running {
  return {
    address: transport.address,
    receipts,
    commands: (commands) => driver.commands(commands),
    emit: (event) => driver.emit(event),
    stop: () => {
      driver.stop();
      return transport.close();
    },
  };
}

invariant(parentPort !== null, 'the network runs in a thread of its own');
const settings: NetworkSettings = workerData;
await run(settings, parentPort);
