/**
 * The relay's stdin: lines of control, each answered before the next ones are read on.
 *
 * Owns: the stream, and that a flood of lines can't fill the memory with answers.
 */
import type { Readable } from 'node:stream';
import { type InputLine, LineSplitter } from '../../kernel/lines.ts';
import { readControl } from './control.ts';
import { controlLineMaxBytes } from '../model/limits.ts';
import type { Command, DirectionName, Event } from '../model/messages.ts';
import type { Writer } from '../report/writer.ts';

export interface ConsolePort {
  readonly directions: readonly DirectionName[];
  readonly stdout: Writer;
  command(command: Command): void;
  /** An answer of the console's own, in its turn. */
  tell(event: Event): void;
  /** The stream has failed; `endOfInput` follows. */
  failed(error: Error): void;
  /** Somebody pressed Enter, and nothing else. */
  nothing(): void;
  endOfInput(): void;
}

/** Reads until the returned function is called. */
export function openConsole(stdin: Readable, port: ConsolePort): () => void {
  const splitter = new LineSplitter(controlLineMaxBytes);
  const onData = (chunk: Uint8Array): void => {
    for (const line of splitter.push(chunk)) obey(line, port);
    if (port.stdout.hasRoom) return;
    stdin.pause();
    port.stdout.onDrained(() => stdin.resume());
  };
  const onEnd = (): void => {
    const last = splitter.end();
    if (last !== undefined) obey(last, port);
    port.endOfInput();
  };
  const onError = (error: Error): void => {
    port.failed(error);
    onEnd();
  };
  stdin.on('data', onData).once('end', onEnd).once('error', onError);
  return () => {
    stdin.off('data', onData).off('end', onEnd).pause();
  };
}

function obey(line: InputLine, port: ConsolePort): void {
  const read = readControl(line, port.directions);
  switch (read.type) {
    case 'command':
      port.command(read.command);
      break;
    case 'help':
      for (const word of read.words) port.tell({ type: 'help', ...word });
      break;
    case 'watch':
      port.tell(read);
      break;
    case 'refused':
      port.tell({ ...read, type: 'error' });
      break;
    case 'nothing':
      port.nothing();
      break;
    default:
      read satisfies never;
  }
}
