/**
 * `tincan status`: asks the nodes that this user runs on this machine how they are.
 *
 * Owns: which nodes are shown, and how.
 */
import { type StatusConfig } from './config.ts';
import { exitCodes } from './exit-codes.ts';
import { UsageError } from '../kernel/errors.ts';
import type { Status } from '../kernel/contract.ts';
import { wireTraits } from '../wires/traits.ts';
import { StatusDirectoryError, askStatus } from '../runtime/status-socket.ts';
import { toJson } from '../ui/pipe/json-output.ts';
import * as sanitize from '../ui/words/sanitize.ts';
import { peersTable, statsTable } from '../ui/words/tables.ts';

/**
 * Resolves to the exit code; `print` does for what is printed.
 *
 * @throws {UsageError} if there is no place to look for nodes.
 */
export async function showStatus(
  config: StatusConfig,
  print: (text: string) => Promise<number>,
): Promise<number> {
  const all = await ask();
  const asked = all.filter(({ name }) => config.name === undefined || name === config.name);
  if (asked.length === 0) {
    const whose = config.name === undefined ? 'node' : `node named "${sanitize.word(config.name)}"`;
    process.stderr.write(`tincan: no ${whose} of yours runs here\n`);
    return exitCodes.undelivered;
  }
  const shown = config.json ? asked.map(toJson) : [asked.map(inTables).join('\n\n')];
  return print(shown.map((text) => `${text}\n`).join(''));
}

async function ask(): Promise<readonly Status[]> {
  try {
    return await askStatus();
  } catch (error) {
    if (!(error instanceof StatusDirectoryError)) throw error;
    throw new UsageError(`can not look for nodes: ${error.message}; check XDG_RUNTIME_DIR`, { cause: error });
  }
}

/** A table of the peers, then one of their figures. */
function inTables(status: Status): string {
  const figures = status.peers.length === 0 ? [] : ['', ...statsTable(status, tableColumns)];
  return [...peersTable(status, wireTraits[status.wire].hasIdentities), ...figures].join('\n');
}

/** As wide as a terminal is at least; the same in a pipe, so that logs compare. */
const tableColumns = 80;
