/**
 * The bench's charts as SVG: a bar for each contender of each row, as long as its median, with its least and its most.
 *
 * Owns: how they look. Each has a ground of its own, so that it is readable on a light page and on a dark one.
 */
import { type Result, type Spread, rounded, spreadOf } from './figures.ts';

/** Which figure of a row is drawn. `beside`: a second one, drawn under it. */
export interface Measure {
  readonly figure: string;
  readonly unit: string;
  readonly better: 'more' | 'less';
  readonly beside?: string;
}

interface Bar {
  readonly label: string;
  readonly spread: Spread;
  /** Of the lines, where not all have arrived. */
  readonly deliveredPercent: number;
}

/** One row of a chart. */
export interface Group {
  readonly title: string;
  readonly bars: readonly Bar[];
}

const width = 900;
const labelWidth = 170;
const valueWidth = 250;
const barsWidth = width - labelWidth - valueWidth;
const lineHeight = 24;
const margin = 16;

/** What was measured of a row, as a group of bars. A row with nothing to show has no bar. */
export function groupOf(results: readonly Result[], { figure, beside }: Measure): Group {
  const bars = results.flatMap(({ contender, runs }) =>
    [figure, ...(beside === undefined ? [] : [beside])].flatMap((name): readonly Bar[] => {
      const spread = spreadOf(runs, name);
      if (spread === undefined) return [];
      const deliveredPercent = spreadOf(runs, 'deliveredPercent')?.median ?? 100;
      return [{ label: name === beside ? `${contender}, quiet` : contender, spread, deliveredPercent }];
    }),
  );
  return { title: results.map(({ row, says }) => `${row}: ${says}`)[0] ?? '', bars };
}

export function chartSvg(groups: readonly Group[], { unit, better }: Measure): string {
  const shown = groups.filter(({ bars }) => bars.length > 0);
  // Rows with several contenders have a scale each: their conditions are too different for one.
  const isOneScale = shown.every(({ bars }) => bars.length === 1);
  let y = margin;
  let drawn = '';
  for (const { title, bars } of shown) {
    y += lineHeight;
    drawn += text(margin, y - 8, title, 'title');
    const scaled = isOneScale ? shown.flatMap((group) => group.bars) : bars;
    const longest = Math.max(...scaled.map(({ spread }) => spread.high));
    for (const bar of bars) {
      drawn += barSvg(bar, y, longest > 0 ? barsWidth / longest : 0);
      y += lineHeight;
    }
    y += lineHeight / 2;
  }
  const height = y + lineHeight;
  const legend = `${unit}; ${better} is better. Bars: medians; lines: least and most.`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<style>
rect.ground { fill: #ffffff } rect.other { fill: #8c959f } rect.own { fill: #1f6feb }
line { stroke: #1f2328; stroke-width: 1.5 } text { fill: #1f2328; font: 13px sans-serif }
text.title { font-weight: bold } text.label { text-anchor: end } text.legend { font-style: italic }
@media (prefers-color-scheme: dark) {
rect.ground { fill: #0d1117 } rect.other { fill: #6e7681 } rect.own { fill: #4493f8 }
line { stroke: #f0f6fc } text { fill: #f0f6fc }
}
</style>
<rect class="ground" width="${width}" height="${height}" rx="6"/>
${drawn}${text(margin, height - margin, legend, 'legend')}</svg>
`;
}

function barSvg(
  { label, spread: { low, median, high }, deliveredPercent }: Bar,
  y: number,
  scale: number,
): string {
  const middle = y + lineHeight / 2;
  const at = (value: number): string => (labelWidth + value * scale).toFixed(1);
  const kind = label.startsWith('tincan') ? 'own' : 'other';
  const range = low === high ? '' : ` (${rounded(low)}–${rounded(high)})`;
  const arrived = deliveredPercent > 99.9 ? '' : `, ${rounded(deliveredPercent)} % arrived`;
  const whisker = `<line x1="${at(low)}" y1="${middle}" x2="${at(high)}" y2="${middle}"/>\n`;
  return (
    text(labelWidth - 8, middle + 5, label, 'label') +
    `<rect class="${kind}" x="${labelWidth}" y="${y + 3}" width="${(median * scale).toFixed(1)}" height="${lineHeight - 6}"/>\n` +
    (low === high ? '' : whisker) +
    text(labelWidth + high * scale + 8, middle + 5, `${rounded(median)}${range}${arrived}`, 'value')
  );
}

function text(x: number, y: number, words: string, kind: string): string {
  const escaped = words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return `<text class="${kind}" x="${x.toFixed(1)}" y="${y}">${escaped}</text>\n`;
}
