/**
 * What the relay needs before it can start, each with the one line that says what is wrong with it.
 *
 * Owns: opening the socket and the files, reading the fault plan.
 */
import { readFileSync } from 'node:fs';
import { type HostPort } from '../kernel/address.ts';
import { UsageError, SetupError } from '../kernel/errors.ts';
import { type UdpHandlers, UdpTransport } from '../transport/udp.ts';
import { ControlError } from '../relay/model/faults.ts';
import type { Command, DirectionName } from '../relay/model/messages.ts';
import { readPlan } from '../relay/control/plan.ts';
import { Writer } from '../relay/report/writer.ts';

/**
 * The commands that bring `--faults` about.
 *
 * @throws {UsageError} if they can't be read.
 */
export function readFaultPlan(
  given: string | undefined,
  directions: readonly DirectionName[],
): readonly Command[] {
  if (given === undefined) return [];
  const isJson = given.trimStart().startsWith('{');
  try {
    return readPlan(isJson ? given : readFileSync(given, 'utf8'), directions);
  } catch (cause) {
    if (cause instanceof ControlError) throw new UsageError(`bad --faults: ${cause.message}`, { cause });
    throw unusable('--faults', given, 'read', cause);
  }
}

/**
 * Undefined if there is no path. `warn` is told once if it fails later.
 *
 * @throws {UsageError} if it can't be written.
 */
export function openFile(
  option: string,
  path: string | undefined,
  warn: (message: string) => void,
): Writer | undefined {
  if (path === undefined) return undefined;
  try {
    return Writer.toFile(path, (error) => warn(`${option} ends here: ${error.message}`));
  } catch (cause) {
    throw unusable(option, path, 'write', cause);
  }
}

/** @throws {UsageError} if the address can't be had. */
export async function openSocket(bind: HostPort, handlers: UdpHandlers): Promise<UdpTransport> {
  try {
    return await UdpTransport.open(bind, handlers);
  } catch (cause) {
    if (cause instanceof SetupError) throw new UsageError(cause.message, { cause });
    throw cause;
  }
}

function unusable(option: string, path: string, use: 'read' | 'write', cause: unknown): UsageError {
  const code = Error.isError(cause) && 'code' in cause ? String(cause.code) : 'unusable';
  const reason = code === 'ENXIO' ? `${code}: nobody reads this pipe` : code;
  return new UsageError(`can not ${use} the file "${path}" (${reason}); check ${option}`, { cause });
}
