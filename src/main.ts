/**
 * The program: from the command line to an exit code.
 *
 * Owns: which of its uses is meant, and what a mistake or a bug looks like.
 */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { parseConfig } from './app/config.ts';
import { UsageError } from './kernel/errors.ts';
import { exitCodes } from './app/exit-codes.ts';
import { Sink } from './ui/sink.ts';
import * as sanitize from './ui/words/sanitize.ts';

// What is left then (an input that nobody reads any more) must not hold the process.
void runOrExplain().then((code) => process.exit(code));

async function runOrExplain(): Promise<number> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof UsageError) {
      process.stderr.write(`tincan: ${sanitize.line(error.message)}\n`);
      return exitCodes.usage;
    }
    const bug = sanitize.rows(describeBug(error));
    process.stderr.write(`tincan: this is a bug of ours, please report it:\n${bug}\n`);
    return exitCodes.bug;
  }
}

async function run(): Promise<number> {
  const config = parseConfig(process.argv.slice(2), process.env, hostname());
  // The rooms are loaded only where they are used: help and a health check need few of them.
  switch (config.type) {
    case 'help': {
      const { helpText } = await import('./app/help.ts');
      return print(helpText(config.about));
    }
    case 'version':
      return print(config.json ? `${JSON.stringify({ version: version() })}\n` : `tincan ${version()}\n`);
    case 'status': {
      const { showStatus } = await import('./app/status.ts');
      return showStatus(config, print);
    }
    case 'history': {
      const { showHistory } = await import('./app/history.ts');
      return showHistory(config, print);
    }
    case 'owed': {
      const { showOwed } = await import('./app/owed.ts');
      return showOwed(config, print);
    }
    case 'forget': {
      const { forgetOwed } = await import('./app/owed.ts');
      return forgetOwed(config, print);
    }
    case 'chat': {
      const { startChat } = await import('./app/start.ts');
      return (await startChat(config)) ?? exitCodes.ok;
    }
    case 'relay': {
      const { startRelay } = await import('./app/relay.ts');
      return startRelay(config);
    }
    default:
      return config satisfies never;
  }
}

/** Resolves to the exit code: a pipe or disk that takes nothing must not look like success. */
async function print(text: string): Promise<number> {
  const sink = new Sink(process.stdout, ({ message }) => {
    process.stderr.write(`tincan: can't write to stdout: ${message}\n`);
  });
  return (await sink.write(text)) === 'written' ? exitCodes.ok : exitCodes.streamFailed;
}

function version(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  const { version: number }: { version: string } = JSON.parse(text);
  return number;
}

function describeBug(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
