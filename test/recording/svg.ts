/**
 * A recording as a moving picture: one SVG file without scripts, which a README can show.
 *
 * Each row of a window is a strip of all that it shows in the course of time, moved up by CSS animation: what stays costs
 * nothing. A viewer that shows no animation, or whose reader wants none, shows the end.
 *
 * Owns: the look.
 */
import { type Run, Screen } from '../support/screen.ts';
import type { Cast } from './cast.ts';
import { CAPTION_ROW, PANE, PANES, type Pane } from './stage.ts';

/** In pixels of the picture. */
const CELL = { width: 8.4, height: 18, baseline: 13.5 } as const;
const MARGIN = 4;
const PADDING = 12;
const TITLE_HEIGHT = 34;
const WINDOW_GAP = 16;
const CAPTION_HEIGHT = 44;
const FONT_SIZE = 14;

/** How long the end stays before all begins again. */
const HOLD_MS = 5_000;

/** What a row shows from a time on. */
interface RowState {
  readonly atMs: number;
  readonly runs: readonly Run[];
}

interface Strip {
  readonly columns: number;
  readonly states: readonly RowState[];
}

export async function renderSvg(cast: Cast): Promise<string> {
  const strips = await playedStrips(cast);
  const endMs = (cast.events.at(-1)?.atMs ?? 0) + HOLD_MS;
  const windowWidth = PANE.columns * CELL.width + 2 * PADDING;
  const windowHeight = TITLE_HEIGHT + PANE.rows * CELL.height + PADDING;
  const width = 2 * windowWidth + WINDOW_GAP + 2 * MARGIN;
  const height = windowHeight + CAPTION_HEIGHT + 2 * MARGIN;
  const windows = Object.values(PANES).map((pane, index) =>
    drawnWindow(pane, strips, MARGIN + index * (windowWidth + WINDOW_GAP), windowWidth, windowHeight),
  );
  const caption = strips.get(CAPTION_ROW) ?? { columns: cast.columns, states: [] };
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${px(width)} ${px(height)}" width="${px(width)}" height="${px(height)}" fill="#d7dde4" role="img">`,
    '<title>Two containers chat: a draft survives incoming lines, and lines survive a cut string</title>',
    `<style>${styleSheet([...strips.entries()], endMs)}</style>`,
    ...windows,
    drawnCaption(caption, width / 2, windowHeight + MARGIN),
    '</svg>',
    '',
  ].join('\n');
}

/** Strips by a number of their own: rows of the first pane, of the second, and the caption. */
async function playedStrips({ columns, rows, events }: Cast): Promise<ReadonlyMap<number, Strip>> {
  const screen = new Screen({ columns, rows });
  const strips = new Map<number, { columns: number; states: RowState[] }>();
  for (const { atMs, output } of events) {
    screen.write(output);
    const all = await screen.runs();
    for (const [number, { runs, columns: width }] of rowsOfStage(all)) {
      const strip = strips.get(number) ?? { columns: width, states: [] };
      strips.set(number, strip);
      if (JSON.stringify(strip.states.at(-1)?.runs ?? []) !== JSON.stringify(runs))
        strip.states.push({ atMs, runs });
    }
  }
  return strips;
}

function* rowsOfStage(
  all: readonly (readonly Run[])[],
): Generator<readonly [number, { readonly runs: readonly Run[]; readonly columns: number }]> {
  for (const pane of Object.values(PANES)) {
    for (const [row, runs] of all.slice(pane.row, pane.row + PANE.rows).entries()) {
      const placed = runs.flatMap((run) => clipped(run, pane.column) ?? []);
      yield [stripNumber(pane, row), { runs: placed, columns: PANE.columns }];
    }
  }
  yield [CAPTION_ROW, { runs: all[CAPTION_ROW] ?? [], columns: 2 * PANE.columns }];
}

/** What of a run lies in the pane that begins at that column, from there; blanks at its ends left out. */
function clipped(run: Run, paneColumn: number): Run | undefined {
  const { style, width } = run;
  const column = run.column - paneColumn;
  // Only characters of one column are in runs with others.
  if (run.text.length !== width) return column >= 0 && column < PANE.columns ? { ...run, column } : undefined;
  const from = Math.max(0, -column);
  const text = run.text.slice(from, PANE.columns - column).trimEnd();
  if (style.isInverse) return column >= 0 && column < PANE.columns ? { ...run, column } : undefined;
  const blanks = text.length - text.trimStart().length;
  if (text.length === blanks) return undefined;
  const seen = text.slice(blanks);
  return { text: seen, column: column + from + blanks, width: seen.length, style };
}

function stripNumber(pane: Pane, row: number): number {
  return pane.column === 0 ? row : 100 + row;
}

function drawnWindow(
  pane: Pane,
  strips: ReadonlyMap<number, Strip>,
  x: number,
  width: number,
  height: number,
): string {
  const rows = Array.from({ length: PANE.rows }, (_, row) => {
    const number = stripNumber(pane, row);
    const strip = strips.get(number);
    if (strip === undefined || strip.states.length === 0) return '';
    const y = TITLE_HEIGHT + row * CELL.height;
    const states = strip.states.map(({ runs }, index) => drawnRuns(runs, (index + 1) * CELL.height));
    // A nested picture shows nothing beyond its edges: of the strip, one row.
    return `<svg x="${PADDING}" y="${y}" width="${px(PANE.columns * CELL.width)}" height="${CELL.height}"><g class="r${number}">${states.join('')}</g></svg>`;
  });
  return [
    `<svg x="${px(x)}" y="${MARGIN}" width="${px(width)}" height="${px(height)}">`,
    `<rect class="w" x=".5" y=".5" width="${px(width - 1)}" height="${px(height - 1)}" rx="10"/>`,
    ...['#ff5f57', '#febc2e', '#28c840'].map(
      (color, index) => `<circle cx="${18 + index * 18}" cy="17" r="5.5" fill="${color}"/>`,
    ),
    `<text class="t" x="${px(width / 2)}" y="22">${escaped(pane.title)}</text>`,
    ...rows.filter((row) => row !== ''),
    '</svg>',
  ].join('\n');
}

/** The caption's states lie one over the other: each is centred by itself. */
function drawnCaption({ states }: Strip, x: number, y: number): string {
  const texts = states.map(({ runs }, index) => {
    const text = runs
      .map((run) => run.text)
      .join(' ')
      .trim();
    return `<text class="c" x="${px(x)}" y="${(index + 1) * CAPTION_HEIGHT + 28}">${escaped(text)}</text>`;
  });
  return `<svg x="0" y="${px(y)}" width="${px(2 * x)}" height="${CAPTION_HEIGHT}"><g class="r${CAPTION_ROW}">${texts.join('')}</g></svg>`;
}

function drawnRuns(runs: readonly Run[], top: number): string {
  return runs.map((run) => drawnRun(run, top)).join('');
}

function drawnRun(
  { text, column, width, style: { color, isDim, isBold, isInverse } }: Run,
  top: number,
): string {
  const x = px(column * CELL.width);
  const cursor = isInverse
    ? `<rect class="k" x="${x}" y="${px(top + 1)}" width="${px(width * CELL.width)}" height="${CELL.height - 2}"/>`
    : '';
  if (text.trim() === '') return cursor;
  const classes = [...(isDim ? ['d'] : []), ...(isBold ? ['b'] : []), ...(isInverse ? ['i'] : [])];
  const attributes = [
    `x="${x}"`,
    `y="${px(top + CELL.baseline)}"`,
    // Whatever font the viewer has, columns are columns.
    ...(text.length > 1 ? [`textLength="${px(width * CELL.width)}"`] : []),
    ...(classes.length > 0 ? [`class="${classes.join(' ')}"`] : []),
    ...(color === undefined || isInverse ? [] : [`fill="${hexOf(color)}"`]),
  ];
  return `${cursor}<text ${attributes.join(' ')}>${escaped(text)}</text>`;
}

function styleSheet(strips: readonly (readonly [number, Strip])[], endMs: number): string {
  const moving = strips.map(([number, { states }]) => {
    const height = number === CAPTION_ROW ? CAPTION_HEIGHT : CELL.height;
    const steps = states.map(
      ({ atMs }, index) => `${percent(atMs / endMs)}{transform:translateY(-${(index + 1) * height}px)}`,
    );
    const last = `.r${number}{transform:translateY(-${states.length * height}px);animation-name:r${number}}`;
    return `${last}@keyframes r${number}{0%{transform:none}${steps.join('')}}`;
  });
  return [
    `text{font:${FONT_SIZE}px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;white-space:pre}`,
    '.w{fill:#12161c;stroke:#39424e}',
    '.t{fill:#8b96a3;font-size:13px;text-anchor:middle}',
    // Stands on the page itself, so it must be readable on any.
    '.c{fill:#6e7781;font-size:15px;text-anchor:middle;font-style:italic}',
    '.d{opacity:.6}.b{font-weight:700}.i{fill:#12161c}.k{fill:#d7dde4}',
    `g{animation:${px(endMs / 1000)}s step-end infinite}`,
    '@media(prefers-reduced-motion:reduce){g{animation:none!important}}',
    ...moving,
  ].join('\n');
}

/** The 6×6×6 cube of the 256 colours; lighter than a terminal has them, as the picture's windows are dark in any case. */
function hexOf(color: number): string {
  const index = color - 16;
  const channels = [Math.floor(index / 36), Math.floor(index / 6) % 6, index % 6].map((level) => {
    const value = level === 0 ? 0 : 55 + 40 * level;
    return Math.round(value + (255 - value) * LIGHTER)
      .toString(16)
      .padStart(2, '0');
  });
  return `#${channels.join('')}`;
}

const LIGHTER = 0.3;

function percent(share: number): string {
  return `${(share * 100).toFixed(2)}%`;
}

function px(value: number): string {
  return String(Math.round(value * 100) / 100);
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
