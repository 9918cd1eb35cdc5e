/**
 * From a configuration to a running chat: questions, room key, state, face, network.
 *
 * Owns: which face fits, and the set-up's mistakes.
 */
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { Chat } from './chat.ts';
import { refuseDirectory } from './stdin.ts';
import { type ChatConfig, defaultPort, hostProblem, parsePeer, portProblem } from './config.ts';
import { readRoomKey } from './room-key.ts';
import { UsageError } from '../kernel/errors.ts';
import { NetworkClient } from '../runtime/client.ts';
import { connectHere, connectThread } from '../runtime/connect.ts';
import type { NetworkSettings } from '../runtime/settings.ts';
import { nodeCrypto } from '../runtime/crypto.ts';
import { clock, wallTime } from '../runtime/clock.ts';
import type { Store } from '../store/store.ts';
import type { Face, FaceOptions } from '../ui/face.ts';
import { wireTraits } from '../wires/traits.ts';

/**
 * Resolves to the exit code; undefined if the person left at the questions.
 *
 * @throws {UsageError} if the set-up is wrong.
 */
export async function startChat(config: ChatConfig): Promise<number | undefined> {
  refuseDirectory();
  const onTerminal = process.stdin.isTTY && process.stdout.isTTY;
  const complete =
    onTerminal && config.peers.length === 0 && !config.discovers ? await askForPeer(config) : config;
  if (complete === undefined) return undefined;
  const roomKey = readRoomKey(complete);
  using store = await openStore(complete);
  const { name, bind, peers, wire } = complete;
  const settings: NetworkSettings = {
    name,
    bind,
    peers,
    wire,
    roomKey: roomKey.bytes,
    identity: store?.identity,
    knownPeers: store?.pins,
    stateDirectory: complete.stateDirectory,
    historyLimit: complete.historyLimit,
    isPowerSafe: complete.isPowerSafe,
    acceptsChangedKeys: complete.acceptsChangedKeys,
    discovers: complete.discovers,
  };
  const client = new NetworkClient(settings, mayBeHeldUp() ? connectThread : connectHere);
  // Loaded while the network starts.
  const isPerson = onTerminal && canMoveCursor() && complete.format === undefined;
  const face = await (isPerson ? terminalFace(complete, store) : pipeFace(complete));
  const setupWarnings = roomKey.warnings;
  return await new Chat({ config: complete, face, client, isPerson, setupWarnings, store }).run();
}

/** Who writes to a terminal waits while it is held up (Ctrl-S, a selection); writing to a pipe holds up nobody. */
function mayBeHeldUp(): boolean {
  return process.stdout.isTTY || process.stderr.isTTY;
}

/** A terminal that calls itself dumb (an editor's shell, say) shows text and obeys no escape sequence. */
function canMoveCursor(): boolean {
  return process.env['TERM'] !== 'dumb';
}

/** The tutorial's questions, with the rules of the flags. */
async function askForPeer(config: ChatConfig): Promise<ChatConfig | undefined> {
  const { askSetUp } = await import('../ui/terminal/questions.ts');
  const answers = await askSetUp(process.stdin, process.stdout, {
    checks: {
      ownPort: (port) => portProblem(port, 0),
      peerHost: hostProblem,
      peerPort: (port) => portProblem(port, 1),
    },
    defaultPort: String(defaultPort),
    asksOwnPort: !config.isBindGiven,
    signals: process,
  });
  if (answers === undefined) return undefined;
  const { ownPort, peer } = answers;
  return {
    ...config,
    bind: ownPort === undefined ? config.bind : { host: config.bind.host, port: Number(ownPort) },
    peers: peer === undefined ? [] : [parsePeer(`${bracketed(peer.host)}:${peer.port}`)],
  };
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

async function openStore({ stateDirectory, historyLimit }: ChatConfig): Promise<Store | undefined> {
  if (stateDirectory === undefined) return undefined;
  const { Store } = await import('../store/store.ts');
  const { StateError } = await import('../store/directory.ts');
  try {
    return Store.open(stateDirectory, () => nodeCrypto.generateKeyPair().privateKey, historyLimit);
  } catch (error) {
    if (error instanceof StateError) throw new UsageError(error.message, { cause: error });
    throw error;
  }
}

async function pipeFace(config: ChatConfig): Promise<Face> {
  const options = faceOptions(config);
  switch (config.format) {
    case 'json': {
      const { jsonFace } = await import('../ui/pipe/json.ts');
      return jsonFace(options, config.acknowledges);
    }
    case 'raw': {
      const { rawFace } = await import('../ui/pipe/raw.ts');
      return rawFace(options);
    }
    case 'text':
    case undefined: {
      const { textFace } = await import('../ui/pipe/text.ts');
      return textFace(options);
    }
    default:
      return config.format satisfies never;
  }
}

async function terminalFace(config: ChatConfig, store: Store | undefined): Promise<Face> {
  const { TerminalFace } = await import('../ui/terminal/terminal.ts');
  const { ChatHistoryInMemory, TypedLinesInMemory } = await import('../store/in-memory.ts');
  const { color, banner, wire } = config;
  const { keepsLog } = wireTraits[wire];
  return new TerminalFace({
    ...faceOptions(config),
    color,
    banner,
    peersHaveKeys: wireTraits[config.wire].hasIdentities,
    typedLines: store?.typedLines ?? new TypedLinesInMemory(),
    chatHistory: (keepsLog ? store?.recallChat() : store?.chatHistory) ?? new ChatHistoryInMemory(),
    signals: process,
    container: containerName(),
    now: wallTime,
    elapsedMs: clock,
  });
}

/** Docker puts this file into each container, and knows a container by its host name: its id, or what compose gives. */
function containerName(): string | undefined {
  return existsSync('/.dockerenv') ? hostname() : undefined;
}

function faceOptions({ verbose, wire }: ChatConfig): FaceOptions {
  const { lineMaxBytes } = wireTraits[wire];
  return { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr, lineMaxBytes, verbose };
}
