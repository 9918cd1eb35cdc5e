/**
 * Short words for a person at the relay's terminal, in the manner of `tc-netem(8)`.
 *
 * Owns: the words, their units and their help.
 */
import { ControlError } from '../model/faults.ts';

/** A line of help. */
export interface WordHelp {
  readonly usage: string;
  readonly meaning: string;
}

interface Word extends WordHelp {
  /** How many numbers it takes, and the unit that may stand behind each. */
  readonly numbers: readonly [least: number, most: number, unit: string];
  /** The fields of the JSON command that it stands for. */
  command(numbers: readonly number[]): object;
}

const words: Readonly<Record<string, Word>> = {
  loss: impairing('loss PERCENT', 'loses PERCENT of 100 datagrams', [1, 1, '%'], ([percent = 0]) => ({
    lossRate: percent / 100,
  })),
  gemodel: impairing(
    'gemodel P R [1-H]',
    'loses in bursts: P % of the datagrams begin one, R % end one, in it 1-H % are lost (100)',
    [2, 3, '%'],
    ([enter = 0, leave = 0, loss = 100]) => ({
      burstLoss: { enterRate: enter / 100, leaveRate: leave / 100, lossRate: loss / 100 },
    }),
  ),
  duplicate: impairing(
    'duplicate PERCENT',
    'sends PERCENT of 100 datagrams twice',
    [1, 1, '%'],
    ([percent = 0]) => ({
      duplicateRate: percent / 100,
    }),
  ),
  reorder: impairing(
    'reorder PERCENT [PACKETS]',
    'holds PERCENT of 100 datagrams back until PACKETS later ones have gone (3)',
    [1, 2, '%'],
    ([percent = 0, packets = 3]) => ({ reorderRate: percent / 100, reorderHoldPackets: packets }),
  ),
  corrupt: impairing(
    'corrupt PERCENT',
    'flips one bit in PERCENT of 100 datagrams',
    [1, 1, '%'],
    ([percent = 0]) => ({
      corruptRate: percent / 100,
    }),
  ),
  truncate: impairing(
    'truncate PERCENT',
    'cuts PERCENT of 100 datagrams short',
    [1, 1, '%'],
    ([percent = 0]) => ({
      truncateRate: percent / 100,
    }),
  ),
  delay: impairing(
    'delay MS [JITTER]',
    'delays each datagram by MS, and by up to JITTER more',
    [1, 2, 'ms'],
    ([delayMs = 0, jitterMs = 0]) => ({
      delayMs,
      jitterMs,
    }),
  ),
  rate: impairing(
    'rate KBIT [BYTES]',
    'lets KBIT kbit/s pass, while at most BYTES wait (65536); 0: no bound',
    [1, 2, 'kbit'],
    ([kilobits = 0, queueMaxBytes = 65_536]) => ({
      bandwidthBitsPerSecond: kilobits === 0 ? null : kilobits * 1_000,
      queueMaxBytes,
    }),
  ),
  mtu: impairing('mtu BYTES', 'drops datagrams longer than BYTES; 0: none', [1, 1, ''], ([bytes = 0]) => ({
    mtuBytes: bytes === 0 ? null : bytes,
  })),
  partition: impairing(
    'partition [SECONDS]',
    'lets nothing pass for SECONDS, or until heal',
    [0, 1, 's'],
    ([seconds]) => ({
      blackholes: [seconds === undefined ? { fromMs: 0 } : { fromMs: 0, untilMs: seconds * 1_000 }],
    }),
  ),
  heal: { usage: 'heal', meaning: 'ends all faults', numbers: [0, 0, ''], command: () => ({ type: 'heal' }) },
  faults: plain('faults', 'shows the faults in force'),
  counts: plain('counts', 'shows how many datagrams came, left and were harmed'),
  quit: plain('quit', 'ends the relay'),
};

const watchHelp: WordHelp = {
  usage: 'watch [off]',
  meaning: 'shows what becomes of each datagram; watch off ends that',
};

const helpHelp: WordHelp = { usage: 'help [WORD]', meaning: 'lists the words, or explains one' };

/** What each word is for, one line a word. @internal */
export const help: readonly WordHelp[] = [
  ...Object.values(words).map(({ usage, meaning }) => ({ usage, meaning })),
  watchHelp,
  helpHelp,
  {
    usage: 'WORD … DIRECTION',
    meaning: 'a fault for one direction only, such as loss 20 alice>bob; default both',
  },
];

/** All of it, or of one word. @throws {ControlError} if there is no such word. */
export function helpFor([name, ...more]: readonly string[]): readonly WordHelp[] {
  if (name === undefined) return help;
  if (more.length > 0) throw new ControlError('bad-command', `usage: ${helpHelp.usage}`);
  if (name === 'help') return [helpHelp];
  if (name === 'watch') return [watchHelp];
  const { usage, meaning } = wordNamed(name);
  return [{ usage, meaning }];
}

/** What stands behind the word `watch`: on, or off. @throws {ControlError} if it is something else. */
export function readWatch(rest: readonly string[]): boolean {
  const text = rest.join(' ');
  if (text !== '' && text !== 'off') throw new ControlError('bad-command', `usage: ${watchHelp.usage}`);
  return text === '';
}

/** The JSON command that the text stands for. @throws {ControlError} if it is none. */
export function readWords(text: string): object {
  const [name = '', ...given] = text.split(/\s+/);
  const word = wordNamed(name);
  const last = given.at(-1);
  const direction = last === 'both' || last?.includes('>') === true ? given.pop() : undefined;
  const [least, most, unit] = word.numbers;
  const numbers = given.map((number) => readNumber(number, unit));
  if (numbers.includes(undefined) || numbers.length < least || numbers.length > most)
    throw new ControlError('bad-command', `usage: ${word.usage}`);
  const command = word.command(numbers.filter((number) => number !== undefined));
  return direction === undefined ? command : { ...command, direction };
}

function wordNamed(name: string): Word {
  const word = Object.hasOwn(words, name) ? words[name] : undefined;
  if (word === undefined)
    throw new ControlError('bad-command', `there is no word ${JSON.stringify(name)}; "help" lists them`);
  return word;
}

function impairing(
  usage: string,
  meaning: string,
  numbers: Word['numbers'],
  faults: (numbers: readonly number[]) => object,
): Word {
  return { usage, meaning, numbers, command: (given) => ({ type: 'impair', faults: faults(given) }) };
}

function plain(name: string, meaning: string): Word {
  return { usage: name, meaning, numbers: [0, 0, ''], command: () => ({ type: name }) };
}

function readNumber(text: string, unit: string): number | undefined {
  const digits = unit !== '' && text.endsWith(unit) ? text.slice(0, -unit.length) : text;
  return /^\d+(?:\.\d+)?$/.test(digits) ? Number(digits) : undefined;
}
