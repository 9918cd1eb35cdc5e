/**
 * A real browser, for whoever wants to see the report as a reader does.
 *
 * Owns: finding one on this machine, and starting it so that it keeps to itself.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium } from 'playwright-core';

export const howToGetABrowser = 'no Chrome or Chromium is here; docker/setup.sh browser gets one';

/** The path of an installed Chrome or Chromium; undefined: there is none. */
export function findBrowser(): string | undefined {
  try {
    const script = fileURLToPath(new URL('../../docker/browser.sh', import.meta.url));
    return execFileSync(script, ['find'], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

/** Headless, with an empty profile of its own, and without calls to its maker. */
export async function startBrowser(executablePath: string): Promise<Browser> {
  return chromium.launch({
    executablePath,
    headless: true,
    args: [
      // Root, as in a container, may not have a sandbox; what is shown is our own page.
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
