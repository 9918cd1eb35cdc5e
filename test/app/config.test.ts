import { expect, test } from '@jest/globals';
import { type ChatConfig, allOptions, hostProblem, parseConfig, portProblem } from '../../src/app/config.ts';
import { helpText } from '../../src/app/help.ts';
import { UsageError } from '../../src/kernel/errors.ts';
import { formatHostPort } from '../../src/kernel/address.ts';

const HOST_NAME = 'machine';
/** Where each row's value stands in the configuration, by flag and by variable, and what it becomes. */
const SETTINGS = [
  { flag: '--name', variable: 'TINCAN_NAME', key: 'name', given: 'ann', becomes: 'ann' },
  {
    flag: '--bind',
    variable: 'TINCAN_BIND',
    key: 'bind',
    given: '[::1]:0',
    becomes: { host: '::1', port: 0 },
  },
  {
    flag: '--peer',
    variable: 'TINCAN_PEERS',
    key: 'peers',
    given: 'bob:5000',
    becomes: [{ label: 'bob', host: 'bob', port: 5000 }],
  },
  { flag: '--wire', variable: 'TINCAN_WIRE', key: 'wire', given: 'tcp', becomes: 'tcp' },
  {
    flag: '--history-limit',
    variable: 'TINCAN_HISTORY_LIMIT',
    key: 'historyLimit',
    given: '7',
    becomes: 7,
  },
  {
    flag: '--room-key-file',
    variable: 'TINCAN_ROOM_KEY_FILE',
    key: 'roomKeyFile',
    given: '/run/key',
    becomes: '/run/key',
  },
  { flag: '--format', variable: 'TINCAN_FORMAT', key: 'format', given: 'json', becomes: 'json' },
  {
    flag: '--drain-timeout',
    variable: 'TINCAN_DRAIN_TIMEOUT',
    key: 'drainTimeoutMs',
    given: '0.5',
    becomes: 500,
  },
] as const;
/** Another valid value of each, to show which of the two is taken. */
const OTHER = {
  name: 'zoe',
  bind: '127.0.0.1:9',
  peers: 'eve:1',
  wire: 'plain',
  roomKeyFile: '/other',
  format: 'raw',
  drainTimeoutMs: '7',
  historyLimit: '8',
} as const;

/** Enough for a relay. */
const RELAY = ['relay', '--between', 'alice=a.lab:5000', '--between', 'bob=10.0.0.3:5001'];
const RELAY_VARIABLES = {
  TINCAN_RELAY_BETWEEN: 'alice=a.lab:5000, bob=10.0.0.3:5001',
  TINCAN_RELAY_SEED: '7',
  TINCAN_RELAY_FAULTS: '{}',
  TINCAN_RELAY_VERDICTS: '-',
  TINCAN_RELAY_PCAPNG: '/tmp/x',
  TINCAN_RELAY_PCAPNG_MAX: '12',
};

function chat(argv: readonly string[] = [], env: Record<string, string> = {}): ChatConfig {
  const config = parseConfig(argv, env, HOST_NAME);
  if (config.type !== 'chat') throw new Error(`${config.type} instead of chat`);
  return config;
}

function complaint(argv: readonly string[], env: Record<string, string> = {}): string {
  try {
    parseConfig(argv, env, HOST_NAME);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  throw new Error(`${argv.join(' ')} was accepted`);
}

test('without flags and variables, everything has its default', () => {
  expect(chat()).toEqual({
    type: 'chat',
    name: HOST_NAME,
    bind: { host: '0.0.0.0', port: 5000 },
    isBindGiven: false,
    peers: [],
    wire: 'tincan',
    roomKeyFile: undefined,
    discovers: false,
    historyLimit: 10_000,
    acceptsChangedKeys: false,
    isPowerSafe: false,
    format: undefined,
    acknowledges: false,
    stay: false,
    drainTimeoutMs: 10_000,
    banner: true,
    color: true,
    verbose: false,
  });
});

test.each(SETTINGS)('$flag and $variable set $key', ({ flag, variable, key, given, becomes }) => {
  expect(chat([flag, given])[key]).toEqual(becomes);
  expect(chat([], { [variable]: given })[key]).toEqual(becomes);
});

test.each(SETTINGS)(
  '$flag wins over $variable, which wins over the default',
  ({ flag, variable, key, given }) => {
    const both = chat([flag, given], { [variable]: OTHER[key] });
    expect(both[key]).toEqual(chat([flag, given])[key]);
    expect(chat([], { [variable]: OTHER[key] })[key]).not.toEqual(both[key]);
  },
);

test.each(SETTINGS)('an empty $variable counts as unset', ({ variable, key }) => {
  expect(chat([], { [variable]: '' })[key]).toEqual(chat()[key]);
});

test('each switch switches', () => {
  expect(chat(['--stay']).stay).toBe(true);
  expect(chat(['--no-banner']).banner).toBe(false);
  expect(chat(['--no-color']).color).toBe(false);
  expect(chat([], { NO_COLOR: '1' }).color).toBe(false);
  expect(chat([], { NO_COLOR: '' }).color).toBe(true);
  expect(chat(['--verbose']).verbose).toBe(true);
});

test('--peer repeats, TINCAN_PEERS has commas; flags replace the variable', () => {
  const label = (config: ChatConfig) => config.peers.map((peer) => peer.label);
  expect(label(chat(['--peer', 'bob:1', '--peer', 'carol:2']))).toEqual(['bob', 'carol']);
  expect(label(chat([], { TINCAN_PEERS: 'bob:1, carol:2,' }))).toEqual(['bob', 'carol']);
  expect(label(chat(['--peer', 'bob:1'], { TINCAN_PEERS: 'eve:9' }))).toEqual(['bob']);
});

test('a peer is called by the name given, else by its host name, else by its address', () => {
  const peer = (text: string) => chat(['--peer', text]).peers[0];
  expect(peer('bob=10.0.0.2:5000')).toEqual({ label: 'bob', host: '10.0.0.2', port: 5000 });
  expect(peer('bob.example:5000')).toEqual({ label: 'bob.example', host: 'bob.example', port: 5000 });
  expect(peer('10.0.0.2:5000')).toEqual({ label: '10.0.0.2:5000', host: '10.0.0.2', port: 5000 });
  expect(peer('[fe80::1]:5000')).toEqual({ label: '[fe80::1]:5000', host: 'fe80::1', port: 5000 });
  expect(formatHostPort({ host: 'fe80::1', port: 5000 })).toBe('[fe80::1]:5000');
});

test.each([
  ['no port', ['--peer', 'bob']],
  ['port 0', ['--peer', 'bob:0']],
  ['a port above 65535', ['--peer', 'bob:65536']],
  ['a port that is no number', ['--peer', 'bob:http']],
  ['no host', ['--peer', ':5000']],
  ['an address that is none', ['--peer', '1.2.3.400:5000']],
  ['an IPv6 address without brackets', ['--peer', '::1:5000']],
  ['brackets around what is no IPv6 address', ['--peer', '[bob]:5000']],
  ['an empty peer', ['--peer', '']],
  ['a URL', ['--peer', 'udp://bob:5000']],
])('a peer with %s is refused in one line that shows how to write it', (_, argv) => {
  expect(complaint(argv)).toBe(
    `bad peer "${argv[1]}"; give [NAME=]HOST:PORT, such as bob:5000 or bob=127.0.0.1:5000, port 1 to 65535`,
  );
});

test.each([
  [['--bind', 'here'], 'bad own address "here"; give HOST:PORT, such as 0.0.0.0:5000, port 0 to 65535'],
  [['--bind', '0.0.0.0:70000'], 'bad own address "0.0.0.0:70000"; give HOST:PORT'],
  [['--wire', 'string'], 'unknown wire "string"; there are tincan, plain, tcp'],
  [['--format', 'xml'], 'unknown format "xml"; there are text, json, raw'],
  [['--drain-timeout', 'soon'], 'bad drain timeout "soon"; give seconds, 0 to 86400'],
  [['--drain-timeout=-1'], 'bad drain timeout "-1"'],
  [['--drain-timeout', '-1'], 'bad drain timeout "-1"; give seconds, 0 to 86400'],
  [
    ['--name', '--stay'],
    "option '--name' is followed by another option; if that is its value, write --name=VALUE; see tincan --help",
  ],
  [['--name', '-x'], 'if that is its value, write --name=VALUE'],
  [['--drain-timeout', '86401'], 'bad drain timeout "86401"'],
  [['--drain-timeout', ' '], 'bad drain timeout " "'],
  [['--name', ' '], 'the name is empty; give another with --name NAME'],
  [['--name', 'é'.repeat(33)], 'the name is longer than 64 bytes; give another with --name NAME'],
  [['--name', 'a\u001B[2J'], 'the name has a control or invisible character; give another with --name NAME'],
  [['--name', 'a\u202Eb'], 'the name has a control or invisible character'],
  [
    ['--peer', '=1.2.3.4:5000'],
    'the name of the peer "=1.2.3.4:5000" is empty; give [NAME=]HOST:PORT, such as bob=127.0.0.1:5000',
  ],
  [['--colour'], "unknown option '--colour'; see tincan --help"],
  [['--name'], "option '--name <value>' argument missing; see tincan --help"],
  [['--stay=yes'], "option '--stay' does not take an argument; see tincan --help"],
  [['history'], 'tincan history needs a state; give its directory with --state DIR'],
  [['owed'], 'tincan owed needs a state; give its directory with --state DIR'],
  [['owed', 'bob', '--state', 'd'], 'unexpected argument "bob"'],
  [['forget', '--state', 'd'], 'forget whom? give a name or a key'],
  [['forget', 'bob'], 'tincan forget needs a state; give its directory with --state DIR'],
  [['forget', 'bob', 'carol', '--state', 'd'], 'unexpected argument "carol"'],
  [['forget', 'bob', '--state', 'd', '--since', '2026-11-26'], '--since does not belong to tincan forget'],
  [['history', '--state', 'd', '--since', 'soon'], 'bad time "soon"'],
  [['history', '--state', 'd', '--peer', 'x:1'], '--peer does not belong to tincan history'],
  [['--since', '2026-11-26'], '--since belongs to tincan history'],
  [['--history-limit', '1e3'], 'bad history limit "1e3"; give a number of lines, 0 to 1000000'],
  [['talk'], 'unknown command "talk"; there are chat, status, history, owed, forget, relay and help'],
  [['extra', 'arg'], 'unknown command "extra"'],
  [['help', 'talk'], 'unknown command "talk"'],
  [['chat', 'bob'], 'unexpected argument "bob"; see tincan --help'],
  [['--json'], '--json belongs to tincan status; for chat use --format json'],
  [['status', '--stay'], '--stay does not belong to tincan status; see tincan --help'],
  [['--seed', '7'], '--seed belongs to tincan relay; see tincan --help'],
  [['relay', '--wire', 'plain'], '--wire does not belong to tincan relay; see tincan --help'],
  [['relay'], 'a relay stands between two nodes; give --between NAME=HOST:PORT twice, with two names'],
  [['relay', '--between', 'a=x:1', '--between', 'a=y:1'], 'a relay stands between two nodes'],
  [['relay', '--between', 'x:1'], 'bad node "x:1"; give --between NAME=HOST:PORT'],
  [['relay', '--between', 'a>b=x:1'], 'bad node "a>b=x:1"'],
  [['relay', '--between', 'a=x:0'], 'bad node "a=x:0"'],
  [[...RELAY, '--seed', '-1'], 'bad seed "-1"; give a whole number'],
  [[...RELAY, '--seed', '4294967296'], 'bad seed "4294967296"; give a whole number, 0 to 4294967295'],
  [[...RELAY, '--seed', 'x'], 'bad seed "x"'],
])('%j is refused in one line', (argv, expected) => {
  const line = complaint(argv);
  expect(line).toContain(expected);
  expect(line).not.toContain('\n');
});

test('a mistake in a variable is refused like one in a flag', () => {
  expect(complaint([], { TINCAN_WIRE: 'string' })).toBe(complaint(['--wire', 'string']));
  expect(complaint([], { TINCAN_PEERS: 'bob:1,carol' })).toBe(complaint(['--peer', 'carol']));
});

test('a name of exactly 64 bytes is taken', () => {
  expect(chat(['--name', 'é'.repeat(32)]).name).toBe('é'.repeat(32));
});

test('status takes a name and --json, and no variable of chat makes it fail', () => {
  expect(parseConfig(['status'], { TINCAN_WIRE: 'string' }, HOST_NAME)).toEqual({
    type: 'status',
    name: undefined,
    json: false,
  });
  expect(parseConfig(['status', '--name', 'bob', '--json'], {}, HOST_NAME)).toEqual({
    type: 'status',
    name: 'bob',
    json: true,
  });
});

test('relay takes its options from flags or from variables', () => {
  const between = [
    { name: 'alice', host: 'a.lab', port: 5000 },
    { name: 'bob', host: '10.0.0.3', port: 5001 },
  ];
  const least = { type: 'relay', between, bind: { host: '0.0.0.0', port: 5000 }, stay: false };
  expect(parseConfig(RELAY, {}, HOST_NAME)).toEqual(least);
  const whole = { ...least, seed: 7, faults: '{}', verdicts: '-', pcapng: '/tmp/x', pcapngMaxMegabytes: 12 };
  expect(parseConfig(['relay'], RELAY_VARIABLES, HOST_NAME)).toEqual(whole);
  const flags = [
    '--seed',
    '8',
    '--faults',
    'f',
    '--verdicts',
    'v',
    '--pcapng',
    'p',
    '--pcapng-max',
    '5',
    '--bind',
    '[::]:1',
    '--stay',
  ];
  expect(parseConfig([...RELAY, ...flags], RELAY_VARIABLES, HOST_NAME)).toEqual({
    type: 'relay',
    between,
    bind: { host: '::', port: 1 },
    seed: 8,
    faults: 'f',
    verdicts: 'v',
    pcapng: 'p',
    pcapngMaxMegabytes: 5,
    stay: true,
  });
});

test('--help and --version win over everything else that is right or wrong', () => {
  const whole = { type: 'help', about: undefined };
  expect(parseConfig(['--help', '--wire', 'string'], {}, HOST_NAME)).toEqual(whole);
  expect(parseConfig(['--version'], { TINCAN_WIRE: 'string' }, HOST_NAME)).toEqual({
    type: 'version',
    json: false,
  });
});

test.each<[readonly string[], string | undefined]>([
  [['-h'], undefined],
  [['help'], undefined],
  [['help', 'relay'], 'relay'],
  [['relay', '--help'], 'relay'],
  [['status', '-h'], 'status'],
])('%j asks for help about %s', (argv, about) => {
  expect(parseConfig(argv, {}, HOST_NAME)).toEqual({ type: 'help', about });
});

test('--version takes --json', () => {
  expect(parseConfig(['--version', '--json'], {}, HOST_NAME)).toEqual({ type: 'version', json: true });
});

test('the help tells of every option and every variable, and of an option without one that it has none', () => {
  const options = Object.keys(allOptions);
  expect(options.filter((option) => !helpText().includes(`--${option}`))).toEqual([]);
  const variables = [
    'NO_COLOR',
    ...SETTINGS.map(({ variable }) => variable),
    ...Object.keys(RELAY_VARIABLES),
  ];
  expect(variables.filter((variable) => !helpText().includes(variable))).toEqual([]);
  for (const command of ['chat', 'relay'] as const) {
    const rows = helpText(command)
      .split('\n')
      .filter((line) => line.startsWith('  '));
    expect(rows.filter((row) => !/ (?:TINCAN_\w+|NO_COLOR|none) /u.test(row))).toEqual([]);
  }
});

test('the help about one command is a part of the whole, and fits a terminal of 120 columns', () => {
  for (const command of ['chat', 'status', 'relay'] as const) {
    const [usage = '', options = ''] = helpText(command).split('\n\n');
    expect(usage).toMatch(new RegExp(`^Usage: tincan .*${command}.*$`, 'u'));
    expect(helpText()).toContain(usage.replace(/^Usage:/u, ''));
    expect(helpText()).toContain(options);
  }
  const rows = helpText().split('\n');
  expect(rows.filter((row) => row.length > 120)).toEqual([]);
});

test('an own address counts as given by a flag or by a variable', () => {
  expect(chat(['--bind', '0.0.0.0:5000']).isBindGiven).toBe(true);
  expect(chat([], { TINCAN_BIND: '0.0.0.0:5000' }).isBindGiven).toBe(true);
  expect(chat([], { TINCAN_BIND: '' }).isBindGiven).toBe(false);
});

test.each(['abc', '', '-1', '65536', '5000 ', '1e3', '٣'])(
  'the port %j is refused in words about ports, and so is 0 where a peer is to be reached',
  (port) => {
    expect(portProblem(port, 0)).toContain(`"${port}" is not a port`);
    expect(portProblem('0', 1)).toContain('"0" is not a port');
    expect([portProblem('0', 0), portProblem('65535', 1)]).toEqual([undefined, undefined]);
  },
);

test.each(['a b', '1.2.3.400', 'bob:5000', '[::1]', 'a=b', ':', '12345::x'])(
  'the host %j is refused in words about addresses',
  (host) => {
    expect(hostProblem(host)).toContain(`"${host}" is not an address`);
  },
);

test.each(['bob', '10.0.0.1', '::1', 'fe80::1%eth0', 'bob.example'])('the host %s is one', (host) => {
  expect(hostProblem(host)).toBeUndefined();
});

test.each([
  [['--ack'], '--ack is for --format json'],
  [
    ['--ack', '--format', 'json', '--wire', 'plain'],
    '--ack means nothing on wire plain, which has no receipts',
  ],
  [['--ack', '--format', 'json', '--wire', 'tcp'], '--ack means nothing on wire tcp, which has no receipts'],
  [['--ack', '--format', 'json', '--stay'], '--ack and --stay exclude each other'],
])(
  'a reader that could not say what it has taken, or that nobody would hear, is refused: %j',
  (args, message) => {
    expect(() => chat(args)).toThrow(message);
  },
);

test('the configuration is frozen', () => {
  expect(Object.isFrozen(chat())).toBe(true);
  expect(Object.isFrozen(chat(['--peer', 'bob:1']).peers)).toBe(true);
});

test('a switch is given by its option or by the variable 1, and refused as a variable with another value', () => {
  expect(chat(['--accept-changed-keys']).acceptsChangedKeys).toBe(true);
  expect(chat(['--power-safe']).isPowerSafe).toBe(true);
  expect(chat(['--discover', '--room-key-file', 'key']).discovers).toBe(true);
  expect(chat(['--room-key-file', 'key'], { TINCAN_DISCOVER: '1' }).discovers).toBe(true);
  expect(chat(['--format', 'json', '--ack']).acknowledges).toBe(true);
  expect(chat(['--format', 'json'], { TINCAN_ACK: '1' }).acknowledges).toBe(true);
  expect(chat(['--format', 'json']).acknowledges).toBe(false);
  expect(chat([], { TINCAN_POWER_SAFE: '1' }).isPowerSafe).toBe(true);
  expect(chat([], { TINCAN_ACCEPT_CHANGED_KEYS: '1' }).acceptsChangedKeys).toBe(true);
  expect(chat([], { TINCAN_ACCEPT_CHANGED_KEYS: '0' }).acceptsChangedKeys).toBe(false);
  expect(() => chat([], { TINCAN_ACCEPT_CHANGED_KEYS: 'yes' })).toThrow(
    'bad TINCAN_ACCEPT_CHANGED_KEYS "yes"; give 1 or 0',
  );
});

test('members are sought on the local network only with a room key, and on wire tincan', () => {
  expect(() => chat(['--discover'])).toThrow('--discover needs a room key');
  expect(() => chat([], { TINCAN_DISCOVER: '1' })).toThrow('--discover needs a room key');
  for (const wire of ['plain', 'tcp'])
    expect(() => chat(['--discover', '--wire', wire, '--room-key-file', 'key'])).toThrow(
      `--discover is for wire tincan; wire ${wire} needs --peer`,
    );
});

test('a peer may be given with the fingerprint of its key', () => {
  const fingerprint = '9f86-d081-884c-7d65-9a2f-eaa0-c55a-d015';
  const [peer] = chat(['--peer', `bob=[::1]:5000#${fingerprint}`]).peers;
  expect(peer).toEqual({ label: 'bob', host: '::1', port: 5000, fingerprint });
  for (const wrong of ['', '9f86', `${fingerprint}-0000`, fingerprint.toUpperCase(), `${fingerprint}#`])
    expect(() => chat(['--peer', `bob:5000#${wrong}`])).toThrow(/^bad key of the peer "bob:5000#/u);
});
