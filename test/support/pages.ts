/**
 * The pages of this project, as their tests read them.
 *
 * Owns: where the pages are; samples, links and headings in them.
 */
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The checkout's root, with a slash at its end. */
export const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url));

/** Of the whole project, from its root. */
export const PAGES: readonly string[] = globSync(['**/*.md', '.github/**/*.md'], {
  cwd: CHECKOUT,
  exclude: (path) => /^(?:node_modules|lab-report)$/.test(path),
}).toSorted();

export function readPage(path: string): string {
  return readFileSync(`${CHECKOUT}${path}`, 'utf8');
}

export interface Sample {
  /** What stands behind the fence; '' for what a program prints. */
  readonly language: string;
  readonly lines: readonly string[];
}

/** Everything between two fences. */
export function samplesOf(page: string): readonly Sample[] {
  return [...page.matchAll(/^```(?<language>\w*)\n(?<text>[^]*?)^```$/gmu)].map(({ groups = {} }) => ({
    language: groups['language'] ?? '',
    lines: (groups['text'] ?? '').trimEnd().split('\n'),
  }));
}

function withoutSamples(page: string): string {
  return page.replaceAll(/^```[^]*?^```$/gmu, '');
}

/** In a sample or in inline code no link is one. */
function prose(page: string): string {
  return withoutSamples(page).replaceAll(/`[^`\n]*`/gu, 'code');
}

/** Targets of links and pictures. */
export function linksOf(page: string): readonly string[] {
  return [...prose(page).matchAll(/\]\((?<target>[^)\s]+)\)/gu)].map(
    ({ groups }) => groups?.['target'] ?? '',
  );
}

/** What stands behind `#` in a link to each heading of the page, as GitHub makes it. */
export function anchorsOf(page: string): readonly string[] {
  return [...withoutSamples(page).matchAll(/^#+ (?<title>.+)$/gmu)].map(({ groups }) =>
    (groups?.['title'] ?? '')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** The cells of each row of the first table under this heading, without the table's head. */
export function tableUnder(page: string, heading: string): readonly (readonly string[])[] {
  const [, section = ''] = page.split(`\n${heading}\n`);
  const table = /^\|.*\n\|[ -|]*\n(?<rows>(?:\|.*\n?)+)/mu.exec(section)?.groups?.['rows'] ?? '';
  return table
    .trimEnd()
    .split('\n')
    .map((row) =>
      row
        .split(/(?<!\\)\|/u)
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

/** What stands between backticks, samples aside. */
export function codeIn(text: string): readonly string[] {
  return [...withoutSamples(text).matchAll(/`(?<code>[^`]+)`/gu)].map(({ groups }) => groups?.['code'] ?? '');
}
