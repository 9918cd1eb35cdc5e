/**
 * A report on disk: a directory with `results.json`, the captures that it names, and what is made of them: `report.html`
 * and `junit.xml`.
 *
 * Owns: the names of the files, and reading and writing them.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { captureLinks } from './captures.ts';
import { junitXml } from './junit.ts';
import { renderReport } from './page.ts';
import { BadResultsError, parseResults, type Results } from './results.ts';

/** Where the lab leaves its results, and the report goes, unless TINCAN_LAB_RESULTS names another directory. */
export const RESULTS_DIRECTORY =
  process.env['TINCAN_LAB_RESULTS'] || fileURLToPath(new URL('../../lab-report', import.meta.url));

export const files = { results: 'results.json', page: 'report.html', junit: 'junit.xml' } as const;

/** Reads a results file. Throws BadResultsError, which names the file, if it can't be read or is not what it should be. */
export async function readResults(file: string): Promise<Results> {
  try {
    return parseResults(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new BadResultsError(`${file}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

/**
 * Writes `results.json` and what is made of it into a directory, which is made if need be.
 *
 * The captures that the results name are read from below `capturesFrom`: the directory itself, unless the results come from
 * elsewhere. Resolves to the path of the page.
 */
export async function writeReport(
  directory: string,
  results: Results,
  capturesFrom = directory,
): Promise<string> {
  const captures = await readCaptures(capturesFrom, results);
  const page = join(directory, files.page);
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, files.results), `${JSON.stringify(results)}\n`);
  await writeFile(join(directory, files.junit), junitXml(results));
  await writeFile(page, renderReport(results, captureLinks(captures)));
  if (capturesFrom !== directory) await copyCaptures(directory, captures);
  return page;
}

async function readCaptures(from: string, { cases }: Results): Promise<ReadonlyMap<string, Uint8Array>> {
  const captures = new Map<string, Uint8Array>();
  for (const { evidence } of cases) {
    const file = evidence?.capture?.file;
    if (file === undefined) continue;
    try {
      captures.set(file, await readFile(join(from, file)));
    } catch (cause) {
      throw new BadResultsError(`the capture ${file} is missing in ${from}`, { cause });
    }
  }
  return captures;
}

async function copyCaptures(to: string, captures: ReadonlyMap<string, Uint8Array>): Promise<void> {
  for (const [file, bytes] of captures) {
    const path = join(to, file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes);
  }
}
