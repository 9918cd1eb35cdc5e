/**
 * What several runs have measured: figures, medians with their spread, and the table of them.
 *
 * Owns: how figures are summed up and written.
 */

/** Figures by name with the unit last. */
export type Figures = Readonly<Record<string, number>>;

/** What one contender has done in a row. */
export interface Result {
  readonly row: string;
  readonly says: string;
  readonly contender: string;
  readonly runs: readonly Figures[];
  /** Why a run gave no figures. */
  readonly failures: readonly string[];
}

export interface Spread {
  readonly low: number;
  readonly median: number;
  readonly high: number;
}

/** The value that this share of the values is not above; NaN of no values. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** Of the runs that have this figure; undefined: none has. */
export function spreadOf(runs: readonly Figures[], name: string): Spread | undefined {
  const values = runs.flatMap((figures) => figures[name] ?? []);
  if (values.length === 0) return undefined;
  return { low: Math.min(...values), median: quantile(values, 0.5), high: Math.max(...values) };
}

/** Three digits, or as many as stand before the point. */
export function rounded(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3)));
}

/** A table for each row, in Markdown: of each figure the median, and the least and the most of its runs. */
export function tableOf(results: readonly Result[]): string {
  return [...new Set(results.map(({ row }) => row))]
    .map((row) => tableOfRow(results.filter((result) => result.row === row)))
    .join('\n');
}

function tableOfRow(results: readonly Result[]): string {
  const names = [...new Set(results.flatMap(({ runs }) => runs.flatMap((figures) => Object.keys(figures))))];
  const lines = results.map(({ contender, runs }) => [contender, ...names.map((name) => cell(runs, name))]);
  const heading = results.map(({ row, says }) => `**\`${row}\`**: ${says}`)[0] ?? '';
  const table = [['contender', ...names], ['---', ...names.map(() => '---')], ...lines];
  return `${heading}\n\n${table.map((cells) => `| ${cells.join(' | ')} |\n`).join('')}`;
}

function cell(runs: readonly Figures[], name: string): string {
  const spread = spreadOf(runs, name);
  if (spread === undefined) return '';
  const [low, median, high] = [spread.low, spread.median, spread.high].map(rounded);
  return low === high ? `${median}` : `${median} (${low}–${high})`;
}
