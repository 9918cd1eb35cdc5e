#!/usr/bin/env node
/**
 * What `npx tincan` and `npm start` run: starts `main.ts` on the pinned Node, whatever Node the host has.
 *
 * Owns: which Node runs the program, where it keeps compiled code (a start takes 0.1 s instead of 0.3 s with it), and that
 * the program ends with npm or this launcher. It is JavaScript so that an old Node can read it.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import module from 'node:module';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

/** The oldest Node that runs our TypeScript as it is, with the speed of cryptography that we count on. */
const NODE_MAJOR = 26;

/** How often the program looks whether its parent still lives, in ms. */
const parentCheckMs = 500;
/** For the program that this file starts on the pinned Node: the process to end with. */
const launcherVariable = 'TINCAN_LAUNCHER';

endWithParent();
const cache = fileURLToPath(new URL('../node_modules/.cache/compiled', import.meta.url));
const [major = 0] = process.versions.node.split('.').map(Number);
if (major >= NODE_MAJOR) {
  module.enableCompileCache?.(process.env['NODE_COMPILE_CACHE'] ?? cache);
  await import('./main.ts');
} else {
  runOn(fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url)));
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
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, [launcherVariable]: String(process.pid) },
  });
  // A terminal's Ctrl-C reaches the child by itself; what is sent to this process alone is passed on.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  process.on('SIGHUP', () => child.kill('SIGHUP'));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
  });
}

/**
 * A parent that is killed takes no child along, and a node that nobody knows of would keep its port. So the program says
 * goodbye when npm or this launcher is gone. Anybody else who starts it may end, and leave it running.
 */
function endWithParent() {
  const launcher = process.env[launcherVariable];
  delete process.env[launcherVariable];
  const isRunByNpm = /^'?(?:tincan|node src\/launch\.mjs)\b/u.test(process.env['npm_lifecycle_script'] ?? '');
  if (launcher === undefined && !isRunByNpm) return;
  const before = launcher ?? parents();
  const timer = setInterval(() => {
    if (parents() === before) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, parentCheckMs);
  timer.unref();
}

/** The parent; where that is a shell, which outlives a killed npm, the process behind the shell, too. */
function parents() {
  const parent = process.ppid;
  try {
    const stat = readFileSync(`/proc/${parent}/stat`, 'utf8');
    const shell = /\((?:sh|dash|ash|bash|busybox)\) \S (?<parent>\d+)/u.exec(stat)?.groups;
    return shell === undefined ? String(parent) : `${parent} of ${shell['parent']}`;
  } catch {
    // A system without /proc; or the parent has just ended.
    return String(parent);
  }
}
