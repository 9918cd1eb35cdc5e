/** Owns: the text of `tincan help`, as a whole and for one command. Each option stands there with its variable, or with `none`. */
import { wireNames } from '../wires/traits.ts';
import {
  type CommandName,
  defaultBind,
  defaultDrainTimeoutSec,
  defaultHistoryLimit,
  defaultWire,
  formats,
} from './config.ts';

const chatUsage = 'Usage: tincan [chat] [options]      chat: stdin is what you say, stdout is what you hear';
const statusUsage =
  '       tincan status [options]      list the nodes that you run on this machine, and their peers';
const historyUsage =
  '       tincan history [options]     print what was said and heard, from a state directory';
const owedUsage = '       tincan owed [options]        list who is owed how many lines, by a state directory';
const forgetUsage =
  '       tincan forget NAME [options] give up what a peer is owed, in the directory of a stopped node';
const relayUsage = '       tincan relay [options]       stand between two nodes, and play a bad network';
const helpUsage = '       tincan help [COMMAND]        this text, or the part about one command';

const chatOptions = `Chat options, each with its environment variable:
  --name NAME             TINCAN_NAME           what peers see; default: the host name (a container's id made readable)
  --bind HOST:PORT        TINCAN_BIND           own address; default ${defaultBind}; port 0 picks a free one
  --peer [NAME=]HOST:PORT TINCAN_PEERS (comma)  a peer to reach; repeat for more; …#FINGERPRINT: expect that key
  --wire WIRE             TINCAN_WIRE           ${wireNames.join(' | ')}; default ${defaultWire}
  --room-key-file FILE    TINCAN_ROOM_KEY_FILE  the file with the secret that all in the room share
  --discover              TINCAN_DISCOVER       (1) find the room's members on the local network; needs a room key
  --state DIR             TINCAN_STATE          a private directory that keeps own key, peers' keys, log and history
  --history-limit LINES   TINCAN_HISTORY_LIMIT  lines of the chat that the state keeps; default ${defaultHistoryLimit}
  --power-safe            TINCAN_POWER_SAFE     (1) what the state keeps outlives a power cut, too; slower
  --accept-changed-keys   TINCAN_ACCEPT_CHANGED_KEYS  (1) let a known name have another key, for labs without --state
  --format FORMAT         TINCAN_FORMAT         ${formats.join(' | ')}; default: the terminal on a TTY, else text
  --ack                   TINCAN_ACK            (1) with json: a peer's line is taken when stdin says "taken"
  --drain-timeout SEC     TINCAN_DRAIN_TIMEOUT  after the end of input, wait so long for lines to arrive; default ${defaultDrainTimeoutSec}
  --stay                  none                  after the end of input, keep receiving
  --no-color              NO_COLOR              no colours
  --no-banner             none                  no banner at the start
  --verbose               none                  say of each own line when it was sent and delivered
  --version               none                  print the version
  -h, --help              none                  print this text`;

const statusOptions = `Status options (no variables):
  --name NAME             only the nodes of this name
  --json                  one JSON object for each node, with all that the node tells; also for --version`;

const historyOptions = `History options:
  --state DIR             TINCAN_STATE          the directory of a node, whether the node runs or not
  --since TIME            none                  only lines since then, such as 2026-11-26 or 2026-11-26T13:05Z
  --json                  none                  one JSON object for each line`;

const owedOptions = `Options of owed and forget:
  --state DIR             TINCAN_STATE          the directory of a node; for forget: of one that does not run
  --json                  none                  one JSON object for each row`;

const relayOptions = `Relay options (stdin: the word help lists what can be typed; stdout: words on a terminal, else one JSON object a line):
  --between NAME=HOST:PORT TINCAN_RELAY_BETWEEN  a node that the relay stands between; give two (variable: comma)
  --bind HOST:PORT         TINCAN_BIND           where both nodes reach the relay; default ${defaultBind}
  --seed N                 TINCAN_RELAY_SEED     plays a run again: the same faults strike the same datagrams
  --faults JSON|FILE       TINCAN_RELAY_FAULTS   faults from the start, such as {"both":{"lossRate":0.2}}
  --verdicts FILE|-        TINCAN_RELAY_VERDICTS writes what became of each datagram; -: to stdout
  --pcapng FILE            TINCAN_RELAY_PCAPNG   writes the same as a capture for Wireshark
  --pcapng-max MB          TINCAN_RELAY_PCAPNG_MAX  ends the capture at this size, and says so; default: no bound
  --stay                   none                  after the end of input, go on until a signal`;

const chatCodes = `Exit code: 0 every line was delivered; 3 some were not (their count is on stderr); 4 all were, and stdin, stdout,
stderr or --state failed; 2 wrong use or set-up; 1 a bug of ours.`;
const statusCodes = `Exit code: 0 a node answered; 3 no node answered; 4 stdout failed; 2 wrong use or set-up; 1 a bug of ours.`;
const historyCodes = `Exit code: 0 the lines were printed; 4 stdout failed; 2 wrong use, or no state to read; 1 a bug of ours.`;
const owedCodes = `Exit code: 0 it was printed or done; 4 stdout failed; 2 wrong use, or no such state or peer; 1 a bug of ours.`;
const relayCodes = `Exit code: 0 the relay ended as it was told to; 4 stdin, stdout or a log failed; 2 wrong use or set-up; 1 a bug of ours.`;

/** Ends in a newline. Without a command: everything. */
export function helpText(command?: CommandName): string {
  switch (command) {
    case 'chat':
      return `${chatUsage}\n\n${chatOptions}\n\n${chatCodes}\n`;
    case 'status':
      return `${asFirst(statusUsage)}\n\n${statusOptions}\n\n${statusCodes}\n`;
    case 'history':
      return `${asFirst(historyUsage)}\n\n${historyOptions}\n\n${historyCodes}\n`;
    case 'owed':
      return `${asFirst(owedUsage)}\n\n${owedOptions}\n\n${owedCodes}\n`;
    case 'forget':
      return `${asFirst(forgetUsage)}\n\n${owedOptions}\n\n${owedCodes}\n`;
    case 'relay':
      return `${asFirst(relayUsage)}\n\n${relayOptions}\n\n${relayCodes}\n`;
    case undefined:
      return `tincan: a chat between programs, over UDP or TCP

${chatUsage}
${statusUsage}
${historyUsage}
${owedUsage}
${forgetUsage}
${relayUsage}
${helpUsage}

${chatOptions}

${statusOptions}

${historyOptions}

${owedOptions}

${relayOptions}

Exit code: 0 every line was delivered, or a node answered; 3 some lines were not (their count is on stderr),
or no node answered; 4 as 0, but stdin, stdout or stderr failed; 2 wrong use or set-up; 1 a bug of ours.
`;
    default:
      return command satisfies never;
  }
}

function asFirst(usage: string): string {
  return usage.replace(/^ {6}/u, 'Usage:');
}
