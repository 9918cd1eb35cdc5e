/**
 * From a configuration to a running chat: questions, key file, face, network.
 *
 * Owns: which face fits, and the set-up's mistakes. Must not know: what happens once the chat runs.
 */
import { readFileSync } from 'node:fs';
import { Chat } from './chat.ts';
import { type ChatConfig, UsageError, parseBind, parsePeer } from './config.ts';
import type { Event } from './contract.ts';
import { NetworkClient } from './runtime/client.ts';
import { clock } from './runtime/driver.ts';
import type { Face, FaceOptions } from './ui/face.ts';
import { jsonFace } from './ui/json.ts';
import { askSetUp } from './ui/questions.ts';
import { rawFace } from './ui/raw.ts';
import { TerminalFace } from './ui/terminal.ts';
import { textFace } from './ui/text.ts';
import { lineMaxBytes } from './wires/limits.ts';

/**
 * Resolves to the exit code; undefined if the person left at the questions.
 *
 * @throws {UsageError} if the set-up is wrong.
 */
export async function startChat(config: ChatConfig): Promise<number | undefined> {
  const onTerminal = process.stdin.isTTY && process.stdout.isTTY;
  const complete = onTerminal && config.peers.length === 0 ? await askForPeer(config) : config;
  if (complete === undefined) return undefined;
  const setupWarnings = readRoomKey(complete);
  const isPerson = onTerminal && complete.format === undefined;
  const face = isPerson ? terminalFace(complete) : pipeFace(complete);
  const { name, bind, peers, wire } = complete;
  const client = new NetworkClient({ name, bind, peers, wire });
  return new Chat({ config: complete, face, client, isPerson, setupWarnings }).run();
}

/** The tutorial's questions, with the same rules and complaints as the flags. */
async function askForPeer(config: ChatConfig): Promise<ChatConfig | undefined> {
  const { host } = config.bind;
  const answers = await askSetUp(
    process.stdin,
    process.stdout,
    {
      ownPort: complaint((port) => parseBind(`0.0.0.0:${port}`)),
      peerHost: complaint((peer) => parsePeer(`${bracketed(peer)}:1`)),
      peerPort: complaint((port) => parsePeer(`peer:${port}`)),
    },
    String(config.bind.port),
  );
  if (answers === undefined) return undefined;
  const bind = { host, port: Number(answers.ownPort) };
  const { peer } = answers;
  return {
    ...config,
    bind,
    peers: peer === undefined ? [] : [parsePeer(`${bracketed(peer.host)}:${peer.port}`)],
  };
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function complaint(parse: (text: string) => unknown): (text: string) => string | undefined {
  return (text) => {
    try {
      parse(text);
      return undefined;
    } catch (error) {
      if (error instanceof UsageError) return error.message;
      throw error;
    }
  };
}

/** Checks the key file. These wires have no use for a key, and whoever gives one must hear that. */
function readRoomKey({ roomKeyFile, wire }: ChatConfig): Event[] {
  if (roomKeyFile === undefined) return [];
  try {
    readFileSync(roomKeyFile);
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable';
    throw new UsageError(
      `can not read the room key file "${roomKeyFile}" (${reason}); check --room-key-file`,
      { cause },
    );
  }
  const message = `wire ${wire} uses no room key: whoever reaches this node can read and write here`;
  return [{ type: 'warning', code: 'room-key-unused', message }];
}

function pipeFace(config: ChatConfig): Face {
  const options = faceOptions(config);
  switch (config.format) {
    case 'json':
      return jsonFace(options);
    case 'raw':
      return rawFace(options);
    case 'text':
    case undefined:
      return textFace(options);
    default:
      return config.format satisfies never;
  }
}

function terminalFace(config: ChatConfig): Face {
  const { color, banner } = config;
  return new TerminalFace({ ...faceOptions(config), color, banner, signals: process, now: clock });
}

function faceOptions({ verbose }: ChatConfig): FaceOptions {
  return { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr, lineMaxBytes, verbose };
}
