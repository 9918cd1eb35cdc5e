/**
 * `tincan status`: asks the nodes that this user runs on this machine how they are.
 *
 * Owns: which nodes are shown, and how. Must not know: how they are asked.
 */
import type { Writable } from 'node:stream';
import type { StatusConfig } from './config.ts';
import { askStatus } from './runtime/status-socket.ts';
import { describe } from './ui/describe.ts';
import { toJson } from './ui/json-output.ts';
import * as sanitize from './ui/sanitize.ts';

/** Resolves to false if no node answers. */
export async function showStatus(config: StatusConfig, stdout: Writable, stderr: Writable): Promise<boolean> {
  const all = await askStatus();
  const asked = all.filter(({ name }) => config.name === undefined || name === config.name);
  if (asked.length === 0) {
    const whose = config.name === undefined ? 'node' : `node named "${sanitize.name(config.name)}"`;
    stderr.write(`tincan: no ${whose} of yours runs here\n`);
    return false;
  }
  for (const status of asked) stdout.write(`${config.json ? toJson(status) : describe(status, true)}\n`);
  return true;
}
