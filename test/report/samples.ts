/**
 * The pictures of a report that the README shows, taken in a real browser.
 *
 * Owns: what is on them, and where they are kept.
 */
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import { findBrowser, howToGetABrowser, startBrowser } from './browser.ts';

/** The case on the picture: everything at once shows every kind of arrow. */
const sampleCase = 'all-at-once-tincan-relay';
const matrixPicture = fileURLToPath(new URL('sample-matrix.png', import.meta.url));
const casePicture = fileURLToPath(new URL('sample-case.png', import.meta.url));
const width = 1_160;
/** As much of a case as a README can show. */
const caseHeight = 1_000;

/** There is no browser, or nothing to take a picture of. The message says how to mend it. */
export class PictureError extends Error {
  readonly code = 'no-picture';
}

/** Takes the pictures of this page; resolves to their paths. */
export async function takeSamples(page: string): Promise<readonly string[]> {
  const executablePath = findBrowser();
  if (executablePath === undefined) throw new PictureError(howToGetABrowser);
  await using browser = await startBrowser(executablePath);
  const tab = await browser.newPage({ viewport: { width, height: caseHeight }, colorScheme: 'light' });
  await tab.goto(`${pathToFileURL(page).href}#${sampleCase}`);
  await picture(tab, matrixPicture, 0, await bottomOf(tab, '.legend'));
  const fold = `details:has(#${sampleCase})`;
  if ((await tab.locator(fold).count()) === 0)
    throw new PictureError(`there is no case ${sampleCase} to take a picture of`);
  const top = await topOf(tab, fold);
  await picture(tab, casePicture, top - 12, top + caseHeight);
  return [matrixPicture, casePicture];
}

async function picture(tab: Page, path: string, fromY: number, untilY: number): Promise<void> {
  await tab.screenshot({ path, fullPage: true, clip: { x: 0, y: fromY, width, height: untilY - fromY } });
}

async function topOf(tab: Page, selector: string): Promise<number> {
  return tab.evaluate(
    `document.querySelector(${JSON.stringify(selector)}).getBoundingClientRect().top + scrollY`,
  );
}

async function bottomOf(tab: Page, selector: string): Promise<number> {
  return tab.evaluate(
    `document.querySelector(${JSON.stringify(selector)}).getBoundingClientRect().bottom + scrollY + 24`,
  );
}
