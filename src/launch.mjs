#!/usr/bin/env node
/**
 * What `npx tincan` and `npm start` run: starts `main.ts` on the pinned Node, whatever Node the host has.
 *
 * Owns: which Node runs the program, and where it keeps compiled code (a start takes 0.1 s instead of 0.3 s with it). It is
 * JavaScript so that an old Node can read it.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import module from 'node:module';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

/** The oldest Node that runs our TypeScript as it is, with the speed of cryptography that we count on. */
const NODE_MAJOR = 26;

const cache = fileURLToPath(new URL('../node_modules/.cache/compiled', import.meta.url));
const [major = 0] = process.versions.node.split('.').map(Number);
if (major >= NODE_MAJOR) {
  module.enableCompileCache?.(process.env['NODE_COMPILE_CACHE'] ?? cache);
  await import('./main.ts');
} else {
  runOn(fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url)));
}

/** @param {string} node path of the pinned Node */
function runOn(node) {
  if (!existsSync(node)) {
    console.error(
      `tincan: needs Node ${NODE_MAJOR}, this is ${process.version}; "npm ci" in the checkout brings it`,
    );
    process.exitCode = 2;
    return;
  }
  const main = fileURLToPath(new URL('main.ts', import.meta.url));
  const child = spawn(node, [main, ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { NODE_COMPILE_CACHE: cache, ...process.env },
  });
  // A terminal's Ctrl-C reaches the child by itself; what is sent to this process alone is passed on.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  process.on('SIGHUP', () => child.kill('SIGHUP'));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
  });
}
