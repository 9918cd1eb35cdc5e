/**
 * Faults as JSON: from a parsed value of unknown shape to checked faults, and back.
 *
 * Owns: the shape of each fault in JSON. What JSON has no word for is null (no bound, no bursts) or absent (no end).
 */
import {
  checkedImpairment,
  unimpaired,
  type Blackhole,
  type BurstLoss,
  type Impairment,
} from './impairment.ts';
import { timeMaxMs } from './limits.ts';
import type { Faults } from './messages.ts';

/** The caller's fault: `code` is for scripts, `message` says in one line what is wrong. */
export class ControlError extends Error {
  readonly code: 'bad-json' | 'bad-command' | 'bad-faults';

  constructor(code: ControlError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A byte order mark before it is trimmed like a space. @throws {ControlError} if it is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.trim());
  } catch (cause) {
    const reason = Error.isError(cause) ? cause.message : 'unreadable';
    throw new ControlError('bad-json', `not JSON: ${reason}`, { cause });
  }
}

/** @throws {ControlError} on the first thing that is wrong. */
export function readFaults(value: unknown): Faults {
  const object = readObject(value, 'faults');
  const faults: Partial<Writable<Impairment>> = {};
  for (const name of Object.keys(object)) {
    if (!isFaultName(name))
      throw badFaults(`no fault is called "${name}"; there are ${Object.keys(readers).join(', ')}`);
    readInto(faults, name, object[name]);
  }
  try {
    checkedImpairment({ ...unimpaired, ...faults });
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new ControlError('bad-faults', cause.message, { cause });
  }
  return faults;
}

/** As `readFaults` takes them; only those that are not as at the start, when there are none. */
export function faultsToJson(faults: Impairment): object {
  const { burstLoss, lossIndexes, bandwidthBitsPerSecond, mtuBytes, blackholes, ...simple } = faults;
  const struck = Object.entries(simple).filter(
    ([name, value]) => isFaultName(name) && value !== unimpaired[name],
  );
  return {
    ...Object.fromEntries(struck),
    ...(burstLoss && { burstLoss }),
    ...(lossIndexes.length > 0 && { lossIndexes }),
    ...(bandwidthBitsPerSecond !== undefined && { bandwidthBitsPerSecond }),
    ...(mtuBytes !== undefined && { mtuBytes }),
    ...(blackholes.length > 0 && { blackholes: blackholes.map(blackholeToJson) }),
  };
}

/** To the microsecond: finer is noise. */
export function milliseconds(timeMs: number): number {
  return Math.round(timeMs * 1_000) / 1_000;
}

function blackholeToJson({ fromMs, untilMs }: Blackhole): object {
  const from = { fromMs: milliseconds(fromMs) };
  return untilMs === Infinity ? from : { ...from, untilMs: milliseconds(untilMs) };
}

/** @throws {ControlError} if it is anything but a JSON object. */
export function readObject(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (!isObject(value)) throw badFaults(`${name} is an object, not ${JSON.stringify(value)}`);
  return value;
}

type Writable<T> = { -readonly [Name in keyof T]: T[Name] };

function readInto<Name extends keyof Impairment>(
  faults: Partial<Writable<Pick<Impairment, Name>>>,
  name: Name,
  value: unknown,
): void {
  faults[name] = readers[name](value, name);
}

type Reader<T> = (value: unknown, name: string) => T;

const readers: { readonly [Name in keyof Impairment]: Reader<Impairment[Name]> } = {
  lossRate: readNumber,
  burstLoss: orNull(readBurstLoss),
  lossIndexes: listOf(readNumber),
  duplicateRate: readNumber,
  reorderRate: readNumber,
  reorderHoldPackets: readNumber,
  corruptRate: readNumber,
  truncateRate: readNumber,
  delayMs: readNumber,
  jitterMs: readNumber,
  fifo: readBoolean,
  bandwidthBitsPerSecond: orNull(readNumber),
  queueMaxBytes: readNumber,
  mtuBytes: orNull(readNumber),
  blackholes: listOf(readBlackhole),
};

function isFaultName(name: string): name is keyof Impairment {
  return Object.hasOwn(readers, name);
}

function readNumber(value: unknown, name: string): number {
  if (typeof value !== 'number') throw badFaults(`${name} is a number, not ${JSON.stringify(value)}`);
  return value;
}

function readBoolean(value: unknown, name: string): boolean {
  if (typeof value !== 'boolean') throw badFaults(`${name} is true or false, not ${JSON.stringify(value)}`);
  return value;
}

function readBurstLoss(value: unknown, name: string): BurstLoss {
  const { enterRate, leaveRate, lossRate = 1, ...others } = readObject(value, name);
  refuseOthers(others, name);
  return {
    enterRate: readNumber(enterRate, `${name}.enterRate`),
    leaveRate: readNumber(leaveRate, `${name}.leaveRate`),
    lossRate: readNumber(lossRate, `${name}.lossRate`),
  };
}

function readBlackhole(value: unknown, name: string): Blackhole {
  const { fromMs, untilMs, ...others } = readObject(value, name);
  refuseOthers(others, name);
  return {
    fromMs: readTime(fromMs, `${name}.fromMs`),
    untilMs: untilMs === undefined ? Infinity : readTime(untilMs, `${name}.untilMs`),
  };
}

function readTime(value: unknown, name: string): number {
  const timeMs = readNumber(value, name);
  if (!(timeMs >= 0 && timeMs <= timeMaxMs))
    throw badFaults(`${name} is from 0 to ${timeMaxMs} (a day), not ${timeMs}`);
  return timeMs;
}

function refuseOthers(others: object, name: string): void {
  const [stray] = Object.keys(others);
  if (stray !== undefined) throw badFaults(`${name} has no field "${stray}"`);
}

function orNull<T>(reader: Reader<T>): Reader<T | undefined> {
  return (value, name) => (value === null ? undefined : reader(value, name));
}

function listOf<T>(reader: Reader<T>): Reader<readonly T[]> {
  return (value, name) => {
    if (!Array.isArray(value)) throw badFaults(`${name} is a list, not ${JSON.stringify(value)}`);
    return value.map((item: unknown, index) => reader(item, `${name}[${index}]`));
  };
}

function badFaults(message: string): ControlError {
  return new ControlError('bad-faults', message);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
