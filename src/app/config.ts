/**
 * Turns flags and environment into one frozen, validated configuration.
 *
 * Owns: every option, its variable, its default and the one clear line for each mistake. It reads only what is passed in.
 */
import { isIP } from 'node:net';
import { parseArgs } from 'node:util';
import type { PeerId, PeerTarget, WireName } from '../kernel/contract.ts';
import { isFingerprint } from '../kernel/fingerprint.ts';
import { nameProblem } from '../kernel/name.ts';
import { nameMaxBytes } from '../kernel/limits.ts';
import { UsageError } from '../kernel/errors.ts';
import { wireNames, wireTraits } from '../wires/traits.ts';
import { defaultName } from './default-name.ts';
import { type HostPort, formatHostPort } from '../kernel/address.ts';

type Format = 'text' | 'json' | 'raw';

export interface ChatConfig {
  readonly type: 'chat';
  readonly name: string;
  readonly bind: HostPort;
  /** By an option or a variable. */
  readonly isBindGiven: boolean;
  readonly peers: readonly PeerTarget[];
  readonly wire: WireName;
  readonly roomKeyFile: string | undefined;
  /** Members of the room are sought on the local network. */
  readonly discovers: boolean;
  /** A directory; undefined: everything lives as long as the process. */
  readonly stateDirectory: string | undefined;
  /** Lines of the chat that are kept there. */
  readonly historyLimit: number;
  /** Whoever comes with a known name takes that peer's place without being asked about. */
  readonly acceptsChangedKeys: boolean;
  /** What the state keeps is on the disk, and not only with the operating system, before anything is told of it. */
  readonly isPowerSafe: boolean;
  /** undefined: the terminal face on a TTY, else `text`. */
  readonly format: Format | undefined;
  /** A peer's line is taken when the reader of stdout says so on stdin, and not when it is written. */
  readonly acknowledges: boolean;
  readonly stay: boolean;
  readonly drainTimeoutMs: number;
  readonly banner: boolean;
  readonly color: boolean;
  readonly verbose: boolean;
}

export interface StatusConfig {
  readonly type: 'status';
  /** Ask only the node of this name; undefined: whichever runs here. */
  readonly name: string | undefined;
  readonly json: boolean;
}

export interface HistoryConfig {
  readonly type: 'history';
  readonly stateDirectory: string;
  /** Only lines since then; ms since the Unix epoch. */
  readonly sinceMs: number;
  readonly json: boolean;
}

export interface OwedConfig {
  readonly type: 'owed';
  readonly stateDirectory: string;
  readonly json: boolean;
}

export interface ForgetConfig {
  readonly type: 'forget';
  readonly stateDirectory: string;
  /** A name, or a key's fingerprint. */
  readonly who: string;
  readonly json: boolean;
}

export interface RelayConfig {
  readonly type: 'relay';
  /** The two nodes, in the order that names the directions. */
  readonly between: readonly [RelayEnd, RelayEnd];
  readonly bind: HostPort;
  /** undefined: drawn at the start. */
  readonly seed: number | undefined;
  /** JSON, or the name of a file with it. */
  readonly faults: string | undefined;
  /** A file, or `-` for stdout. */
  readonly verdicts: string | undefined;
  readonly pcapng: string | undefined;
  readonly pcapngMaxMegabytes: number | undefined;
  readonly stay: boolean;
}

/** A node that the relay stands next to. */
interface RelayEnd extends HostPort {
  readonly name: string;
}

export type Config =
  | ChatConfig
  | StatusConfig
  | HistoryConfig
  | OwedConfig
  | ForgetConfig
  | RelayConfig
  /** `about`: one command alone. */
  | { readonly type: 'help'; readonly about: CommandName | undefined }
  | { readonly type: 'version'; readonly json: boolean };

const commandNames = ['chat', 'status', 'history', 'owed', 'forget', 'relay'] as const;
export type CommandName = (typeof commandNames)[number];

export const formats = ['text', 'json', 'raw'] as const satisfies readonly Format[];

export const defaultPort = 5000;
export const defaultBind = `0.0.0.0:${defaultPort}`;
export const defaultWire: WireName = 'tincan';
export const defaultDrainTimeoutSec = '10';
export const defaultHistoryLimit = '10000';
const historyLimitMax = 1_000_000;

/**
 * Reads `argv` (without node and script) and `env`; an empty variable counts as unset.
 *
 * @throws {UsageError} on the first thing that is wrong.
 */
export function parseConfig(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  hostName: string,
): Config {
  const { values, positionals } = splitArguments(argv);
  const [word, ...rest] = positionals;
  if (word === 'help') return { type: 'help', about: optional(rest[0], commandNamed) };
  const command = word === undefined ? undefined : commandNamed(word);
  if (values.help === true) return { type: 'help', about: command };
  if (values.version === true) return { type: 'version', json: values.json === true };
  const [who] = command === 'forget' ? rest.splice(0, 1) : [];
  if (rest.length > 0) throw new UsageError(`unexpected argument "${rest.join(' ')}"; see tincan --help`);
  const variable = (name: string) => env[name] || undefined;
  switch (command) {
    case 'chat':
    case undefined:
      if (values.json === true)
        throw new UsageError('--json belongs to tincan status; for chat use --format json');
      refuseOptions(values, relayOptions, 'belongs to tincan relay');
      refuseOptions(values, ['since'], 'belongs to tincan history');
      return Object.freeze(requireRecognisable(requireAnswerable(chatConfig(values, variable, hostName))));
    case 'status':
      return Object.freeze(statusConfig(values));
    case 'history':
      return Object.freeze(historyConfig(values, variable));
    case 'owed':
      return Object.freeze({ type: command, ...stateConfig(command, values, variable) });
    case 'forget':
      if (who === undefined)
        throw new UsageError('forget whom? give a name or a key, as tincan owed lists them');
      return Object.freeze({ type: command, who, ...stateConfig(command, values, variable) });
    case 'relay':
      return Object.freeze(relayConfig(values, variable));
    default:
      return command satisfies never;
  }
}

/** @throws {UsageError} if there is no such command. */
function commandNamed(word: string): CommandName {
  const found = commandNames.find((name) => name === word);
  if (found === undefined)
    throw new UsageError(`unknown command "${word}"; there are ${commandNames.join(', ')} and help`);
  return found;
}

/** Every option that there is, of all commands. @internal */
export const allOptions = {
  name: { type: 'string' },
  bind: { type: 'string' },
  peer: { type: 'string', multiple: true },
  wire: { type: 'string' },
  'room-key-file': { type: 'string' },
  discover: { type: 'boolean' },
  state: { type: 'string' },
  'history-limit': { type: 'string' },
  since: { type: 'string' },
  'accept-changed-keys': { type: 'boolean' },
  'power-safe': { type: 'boolean' },
  format: { type: 'string' },
  ack: { type: 'boolean' },
  stay: { type: 'boolean' },
  'drain-timeout': { type: 'string' },
  'no-banner': { type: 'boolean' },
  'no-color': { type: 'boolean' },
  verbose: { type: 'boolean' },
  json: { type: 'boolean' },
  between: { type: 'string', multiple: true },
  seed: { type: 'string' },
  faults: { type: 'string' },
  verdicts: { type: 'string' },
  pcapng: { type: 'string' },
  'pcapng-max': { type: 'string' },
  version: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** What no other command has. */
const relayOptions = ['between', 'seed', 'faults', 'verdicts', 'pcapng', 'pcapng-max'] as const;

function splitArguments(argv: readonly string[]) {
  try {
    return parseArgs({ args: withNegativeValues(argv), allowPositionals: true, options: allOptions });
  } catch (cause) {
    throw new UsageError(`${complaintOf(cause)}; see tincan --help`, { cause });
  }
}

/** `--drain-timeout -1` → `--drain-timeout=-1`: no option is a number, so a negative one is a value, if a wrong one. */
function withNegativeValues(argv: readonly string[]): string[] {
  return argv.flatMap((argument, index) => {
    if (isNegative(argument) && takesValue(argv[index - 1])) return [];
    const next = argv[index + 1];
    return takesValue(argument) && isNegative(next) ? `${argument}=${next}` : argument;
  });
}

function isNegative(argument: string | undefined): boolean {
  return argument !== undefined && /^-\d/u.test(argument);
}

function takesValue(argument: string | undefined): boolean {
  return Object.entries(allOptions).some(([name, { type }]) => type === 'string' && argument === `--${name}`);
}

/** parseArgs explains over several sentences; the first one names the option, which is what a person needs. */
function complaintOf(cause: unknown): string {
  const message = Error.isError(cause) ? cause.message : String(cause);
  const ambiguous = /^Option '(?<option>--[a-z-]+)' argument is ambiguous/u.exec(message)?.groups?.['option'];
  if (ambiguous !== undefined)
    return `option '${ambiguous}' is followed by another option; if that is its value, write ${ambiguous}=VALUE`;
  const [reason = 'bad arguments'] = message.split(/\.\s|\n/u);
  return `${reason.charAt(0).toLowerCase()}${reason.slice(1)}`;
}

type Values = ReturnType<typeof splitArguments>['values'];

function chatConfig(
  values: Values,
  variable: (name: string) => string | undefined,
  hostName: string,
): ChatConfig {
  const peers =
    values.peer ?? (variable('TINCAN_PEERS') ?? '').split(',').filter((peer) => peer.trim() !== '');
  return {
    type: 'chat',
    name: parseName(values.name ?? variable('TINCAN_NAME') ?? defaultName(hostName)),
    bind: parseBind(values.bind ?? variable('TINCAN_BIND') ?? defaultBind),
    isBindGiven: (values.bind ?? variable('TINCAN_BIND')) !== undefined,
    peers: Object.freeze(peers.map((peer) => parsePeer(peer.trim()))),
    wire: oneOf(wireNames, 'wire', values.wire ?? variable('TINCAN_WIRE') ?? defaultWire),
    roomKeyFile: values['room-key-file'] ?? variable('TINCAN_ROOM_KEY_FILE'),
    discovers: values.discover ?? parseSwitch('TINCAN_DISCOVER', variable),
    stateDirectory: values.state ?? variable('TINCAN_STATE'),
    historyLimit: parseHistoryLimit(
      values['history-limit'] ?? variable('TINCAN_HISTORY_LIMIT') ?? defaultHistoryLimit,
    ),
    acceptsChangedKeys: values['accept-changed-keys'] ?? parseSwitch('TINCAN_ACCEPT_CHANGED_KEYS', variable),
    isPowerSafe: values['power-safe'] ?? parseSwitch('TINCAN_POWER_SAFE', variable),
    format: optional(values.format ?? variable('TINCAN_FORMAT'), (format) =>
      oneOf(formats, 'format', format),
    ),
    acknowledges: values.ack ?? parseSwitch('TINCAN_ACK', variable),
    stay: values.stay === true,
    drainTimeoutMs: parseSeconds(
      values['drain-timeout'] ?? variable('TINCAN_DRAIN_TIMEOUT') ?? defaultDrainTimeoutSec,
    ),
    banner: values['no-banner'] !== true,
    color: values['no-color'] !== true && variable('NO_COLOR') === undefined,
    verbose: values.verbose === true,
  };
}

/** @throws {UsageError} if a reader is to say what it has taken, and can't, or nobody would hear of it. */
function requireAnswerable(config: ChatConfig): ChatConfig {
  const { acknowledges, format, wire, stay } = config;
  if (!acknowledges) return config;
  if (format !== 'json') throw new UsageError('--ack is for --format json, whose input has "taken"');
  if (!wireTraits[wire].hasReceipts)
    throw new UsageError(`--ack means nothing on wire ${wire}, which has no receipts; use --wire tincan`);
  if (stay)
    throw new UsageError('--ack and --stay exclude each other: after its end, input can not say "taken"');
  return config;
}

/** @throws {UsageError} if members are to be sought who have nothing by which they recognise each other. */
function requireRecognisable(config: ChatConfig): ChatConfig {
  if (!config.discovers) return config;
  if (config.wire !== 'tincan')
    throw new UsageError(`--discover is for wire tincan; wire ${config.wire} needs --peer`);
  if (config.roomKeyFile === undefined)
    throw new UsageError(
      '--discover needs a room key, by which members recognise each other; give --room-key-file',
    );
  return config;
}

function statusConfig(values: Values): StatusConfig {
  const { name, json, ...others } = values;
  refuseOptions(others, Object.keys(others), 'does not belong to tincan status');
  return { type: 'status', name: optional(name, (given) => parseName(given)), json: json === true };
}

function historyConfig(values: Values, variable: (name: string) => string | undefined): HistoryConfig {
  const { since, ...others } = values;
  return {
    type: 'history',
    ...stateConfig('history', others, variable),
    sinceMs: optional(since, parseTime) ?? 0,
  };
}

/** Of a command about a state directory. */
function stateConfig(
  command: CommandName,
  { state, json, ...others }: Values,
  variable: (name: string) => string | undefined,
): { readonly stateDirectory: string; readonly json: boolean } {
  refuseOptions(others, Object.keys(others), `does not belong to tincan ${command}`);
  const stateDirectory = state ?? variable('TINCAN_STATE');
  if (stateDirectory === undefined)
    throw new UsageError(`tincan ${command} needs a state; give its directory with --state DIR`);
  return { stateDirectory, json: json === true };
}

function parseTime(text: string): number {
  const ms = Date.parse(text);
  if (Number.isNaN(ms))
    throw new UsageError(`bad time "${text}"; give one such as 2026-11-26 or 2026-11-26T13:05Z`);
  return ms;
}

function parseHistoryLimit(text: string): number {
  if (!/^\d{1,7}$/.test(text) || Number(text) > historyLimitMax)
    throw new UsageError(`bad history limit "${text}"; give a number of lines, 0 to ${historyLimitMax}`);
  return Number(text);
}

function relayConfig(values: Values, variable: (name: string) => string | undefined): RelayConfig {
  const { between, bind, seed, faults, verdicts, pcapng, 'pcapng-max': pcapngMax, stay, ...others } = values;
  refuseOptions(others, Object.keys(others), 'does not belong to tincan relay');
  return {
    type: 'relay',
    between: parseBetween(between ?? variable('TINCAN_RELAY_BETWEEN')?.split(',') ?? []),
    bind: parseBind(bind ?? variable('TINCAN_BIND') ?? defaultBind),
    seed: optional(seed ?? variable('TINCAN_RELAY_SEED'), parseSeed),
    faults: faults ?? variable('TINCAN_RELAY_FAULTS'),
    verdicts: verdicts ?? variable('TINCAN_RELAY_VERDICTS'),
    pcapng: pcapng ?? variable('TINCAN_RELAY_PCAPNG'),
    pcapngMaxMegabytes: optional(pcapngMax ?? variable('TINCAN_RELAY_PCAPNG_MAX'), parseMegabytes),
    stay: stay === true,
  };
}

function refuseOptions(values: object, options: readonly string[], why: string): void {
  const stray = options.find((option) => Object.hasOwn(values, option));
  if (stray !== undefined) throw new UsageError(`--${stray} ${why}; see tincan --help`);
}

function parseBetween(texts: readonly string[]): readonly [RelayEnd, RelayEnd] {
  const [first, second, ...more] = texts.map((text) => parseEnd(text.trim()));
  if (first === undefined || second === undefined || more.length > 0 || first.name === second.name)
    throw new UsageError(
      'a relay stands between two nodes; give --between NAME=HOST:PORT twice, with two names',
    );
  return Object.freeze([first, second]);
}

function parseEnd(text: string): RelayEnd {
  // The names make up a direction's name, alice>bob, which has to be one word in a person's line of control.
  const { name, at } = /^(?<name>[\w.-]+)=(?<at>.*)$/.exec(text)?.groups ?? {};
  const hostPort = at === undefined ? undefined : splitHostPort(at, 1);
  if (name === undefined || hostPort === undefined)
    throw new UsageError(
      `bad node "${text}"; give --between NAME=HOST:PORT, such as alice=10.0.0.2:5000, port 1 to 65535`,
    );
  return Object.freeze({
    name: parseName(name, `the name of the node "${text}"`, 'give --between NAME=HOST:PORT'),
    ...hostPort,
  });
}

function parseSeed(text: string): number {
  if (!/^\d{1,10}$/.test(text) || Number(text) > 0xffff_ffff)
    throw new UsageError(`bad seed "${text}"; give a whole number, 0 to 4294967295`);
  return Number(text);
}

function parseMegabytes(text: string): number {
  if (!/^\d{1,6}$/.test(text) || Number(text) === 0)
    throw new UsageError(`bad size "${text}"; give whole megabytes, 1 to 999999, such as --pcapng-max 100`);
  return Number(text);
}

/** @throws {UsageError} if a node can't be called so. */
function parseName(name: string, whose = 'the name', mend = 'give another with --name NAME'): string {
  const problem = nameProblem(name);
  switch (problem) {
    case undefined:
      return name;
    case 'empty':
      throw new UsageError(`${whose} is empty; ${mend}`);
    case 'too-long':
      throw new UsageError(`${whose} is longer than ${nameMaxBytes} bytes; ${mend}`);
    case 'invisible':
      throw new UsageError(`${whose} has a control or invisible character; ${mend}`);
    default:
      return problem satisfies never;
  }
}

/** What is wrong with this text as a port of at least `min`; undefined: nothing. */
export function portProblem(text: string, min: 0 | 1): string | undefined {
  if (/^\d{1,5}$/.test(text) && Number(text) >= min && Number(text) <= 65_535) return undefined;
  const free = min === 0 ? ', or 0 for any free one' : '';
  return `"${text}" is not a port; give a number from 1 to 65535${free}`;
}

/** What is wrong with this text as the host of a peer; undefined: nothing. */
export function hostProblem(text: string): string | undefined {
  if (splitHostPort(formatHostPort({ host: text, port: 1 }), 1) !== undefined) return undefined;
  return `"${text}" is not an address; give a host name or an IP address`;
}

/** `HOST:PORT` or `[IPV6]:PORT` of an own address; port 0 picks a free one. */
function parseBind(text: string): HostPort {
  const at = splitHostPort(text, 0);
  if (at === undefined)
    throw new UsageError(`bad own address "${text}"; give HOST:PORT, such as 0.0.0.0:5000, port 0 to 65535`);
  return at;
}

/** `[NAME=]HOST:PORT[#FINGERPRINT]`; without NAME the label is HOST if it is a name, else the whole address. */
export function parsePeer(text: string): PeerTarget {
  const equals = text.indexOf('=');
  const [place = '', ...fingerprints] = text.slice(equals + 1).split('#');
  const at = splitHostPort(place, 1);
  if (at === undefined)
    throw new UsageError(
      `bad peer "${text}"; give [NAME=]HOST:PORT, such as bob:5000 or bob=127.0.0.1:5000, port 1 to 65535`,
    );
  const fingerprint = fingerprints.length === 0 ? undefined : parseFingerprint(fingerprints.join('#'), text);
  const addressLabel = isIP(at.host) === 0 ? at.host : formatHostPort(at);
  const named = () =>
    parseName(
      text.slice(0, equals),
      `the name of the peer "${text}"`,
      'give [NAME=]HOST:PORT, such as bob=127.0.0.1:5000',
    );
  return Object.freeze({
    label: equals < 0 ? addressLabel : named(),
    ...at,
    ...(fingerprint && { fingerprint }),
  });
}

function parseFingerprint(text: string, peer: string): PeerId {
  if (isFingerprint(text)) return text;
  throw new UsageError(
    `bad key of the peer "${peer}"; after # give its fingerprint as its own \`ready\` tells it: eight groups of four digits`,
  );
}

function splitHostPort(text: string, portMin: number): HostPort | undefined {
  const match = /^(?:\[(?<v6>[^\]]+)\]|(?<host>[^\s:[\]=/]+)):(?<port>\d{1,5})$/.exec(text);
  const { v6, host, port: portText } = match?.groups ?? {};
  const port = Number(portText);
  if (match === null || port < portMin || port > 65_535) return undefined;
  if (v6 !== undefined) return isIP(v6) === 6 ? { host: v6, port } : undefined;
  if (host === undefined) return undefined;
  // A dotted quad that isn't one (1.2.3.400) would be looked up as a name: say at once that it is wrong.
  if (/^[\d.]+$/.test(host) && isIP(host) !== 4) return undefined;
  return { host, port };
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (text.trim() === '' || !Number.isFinite(seconds) || seconds < 0 || seconds > 86_400)
    throw new UsageError(`bad drain timeout "${text}"; give seconds, 0 to 86400, such as --drain-timeout 10`);
  return seconds * 1_000;
}

/** A variable that stands for an option without a value: `1` gives the option, `0` or nothing does not. */
function parseSwitch(name: string, variable: (name: string) => string | undefined): boolean {
  const text = variable(name) ?? '0';
  if (text !== '0' && text !== '1') throw new UsageError(`bad ${name} "${text}"; give 1 or 0`);
  return text === '1';
}

function oneOf<T extends string>(allowed: readonly T[], what: string, text: string): T {
  const found = allowed.find((candidate) => candidate === text);
  if (found === undefined) throw new UsageError(`unknown ${what} "${text}"; there are ${allowed.join(', ')}`);
  return found;
}

function optional<T, R>(value: T | undefined, use: (value: T) => R): R | undefined {
  return value === undefined ? undefined : use(value);
}
