/**
 * The charts of a case: latency over time, and its distribution. Drawn by Apache ECharts on this side, as SVG.
 *
 * Owns: what is on which axis, and how a chart of the library becomes part of our page: without script, in the page's own
 * colours (CSS variables, so that they follow light and dark), with its meaning in words.
 */
import { init, type EChartsCoreOption } from 'echarts';
import { html, Html } from './html.ts';
import type { Flow, Phase } from './results.ts';
import { latenciesOf, logHistogram, peaks } from './statistics.ts';
import { duration } from './words.ts';

const size = { width: 460, height: 210 };
/** A point for every few pixels. */
const pointsMax = 120;
/** Crosses for lost lines: more would touch each other. */
const crossesMax = 32;
const binsPerDecade = 10;
/** Bins that get a label: those that begin at 1, 2 and 5 of each decade. */
const labelledBins: ReadonlySet<number> = new Set([0, 3, 7]);
/** No clock in the lab can tell less. */
const latencyFloorMs = 0.05;
const colours = ['var(--one)', 'var(--two)'];
const strokes = ['solid', [4, 3]];

const ink = { color: 'var(--soft-ink)', fontSize: 11, fontFamily: 'inherit' };
const axis = {
  axisLabel: ink,
  nameTextStyle: ink,
  axisLine: { lineStyle: { color: 'var(--rule)' } },
  axisTick: { lineStyle: { color: 'var(--rule)' } },
  splitLine: { lineStyle: { color: 'var(--faint-rule)' } },
};
const grid = { left: 52, right: 14, top: 26, bottom: 34 };

/** One line a direction: the slowest lines of each moment. Crosses on the top edge: lines that were never heard. */
export function latencyOverTime(flows: readonly Flow[], phases: readonly Phase[], summary: string): Html {
  const tops = flows.map((flow) => peaks(flow, pointsMax));
  const highestMs = Math.max(1, ...tops.flat().map(({ tookMs = 0 }) => tookMs));
  const ceilingMs = 10 ** Math.ceil(Math.log10(highestMs * 1.2));
  return drawn(
    {
      xAxis: {
        ...axis,
        type: 'value',
        min: 0,
        axisLabel: { ...ink, formatter: axisDuration },
        splitLine: { show: false },
      },
      yAxis: { ...axis, ...logAxis, max: ceilingMs, name: 'said → heard', nameGap: 10 },
      series: [
        {
          type: 'scatter',
          data: [],
          markArea: {
            itemStyle: { color: 'var(--phase)' },
            data: phases.map(({ fromMs, untilMs }) => [{ xAxis: fromMs }, { xAxis: untilMs }]),
          },
        },
        ...tops.map((top, at) => ({
          type: 'line',
          showSymbol: top.length === 1,
          lineStyle: { color: colours[at], width: 1.5, type: strokes[at] },
          itemStyle: { color: colours[at] },
          data: top.map(({ saidMs, tookMs }) => [
            saidMs,
            tookMs === undefined ? null : Math.max(latencyFloorMs, tookMs),
          ]),
        })),
        {
          type: 'scatter',
          symbol: 'path://M0 0L10 10M10 0L0 10',
          symbolSize: 6,
          itemStyle: { color: 'transparent', borderColor: 'var(--fail)', borderWidth: 1.5, opacity: 1 },
          data: lostAtMs(flows).map((saidMs) => [saidMs, ceilingMs]),
        },
      ],
    },
    summary,
  );
}

/** How many lines took how long: a column for each direction and each tenth of a decade. */
export function latencyDistribution(flows: readonly Flow[], summary: string): Html {
  const latencies = flows.map((flow) => latenciesOf(flow).map(({ tookMs }) => tookMs));
  const { edges, counts } = logHistogram(latencies, binsPerDecade, latencyFloorMs);
  return drawn(
    {
      xAxis: {
        ...axis,
        type: 'category',
        data: edges.slice(0, -1).map((edge) => duration(Number(edge.toPrecision(1)))),
        axisLabel: { ...ink, hideOverlap: true, interval: (at: number) => isLabelled(edges[at] ?? 1) },
        axisTick: { show: false },
      },
      yAxis: { ...axis, type: 'value', name: 'lines', nameGap: 10, minInterval: 1 },
      series: counts.map((row, at) => ({
        type: 'bar',
        barGap: '0%',
        barCategoryGap: '20%',
        barMaxWidth: 14,
        itemStyle:
          at === 0
            ? { color: colours[at] }
            : { color: 'var(--paper)', borderColor: colours[at], borderWidth: 1.2 },
        data: row.map((count) => (count === 0 ? null : count)),
      })),
    },
    summary,
  );
}

function isLabelled(edge: number): boolean {
  const bin = Math.round(Math.log10(edge) * binsPerDecade);
  return labelledBins.has(((bin % binsPerDecade) + binsPerDecade) % binsPerDecade);
}

const logAxis = { type: 'log', logBase: 10, axisLabel: { ...ink, formatter: axisDuration } };

/** On an axis 100 s says more than 1 min 40 s. */
function axisDuration(ms: number): string {
  if (ms === 0) return '0';
  return ms < 1_000 ? duration(ms) : `${ms / 1_000} s`;
}

function lostAtMs(flows: readonly Flow[]): readonly number[] {
  const lost = flows.flatMap(({ lines }) => lines.filter(({ heardMs }) => heardMs.length === 0));
  const step = Math.max(1, lost.length / crossesMax);
  return lost
    .filter((_, at) => Math.floor(at / step) !== Math.floor((at - 1) / step))
    .map(({ saidMs }) => saidMs);
}

function drawn(option: EChartsCoreOption, summary: string): Html {
  const chart = init(null, null, { renderer: 'svg', ssr: true, ...size });
  try {
    chart.setOption({ animation: false, silent: true, backgroundColor: 'transparent', grid, ...option });
    return html`<div class="chart" role="img" aria-label="${summary}">
      ${Html.trusted(forOurPage(chart.renderToSVGString()))}
    </div>`;
  } finally {
    chart.dispose();
  }
}

/**
 * Without what the library adds for its script in the browser, which we don't ship; and what is the same for every text and
 * line is said once, in the root and in the style sheet, which halves the size.
 */
function forOurPage(svg: string): string {
  return svg
    .replaceAll(/<style[^]*?<\/style>/gu, '')
    .replaceAll(
      /(?<=<text )[^>]*?(?=(?: y="[^"]*")? transform)/gu,
      (attributes) => /text-anchor="\w+"/u.exec(attributes)?.[0] ?? '',
    )
    .replaceAll(
      / (?:class|ecmeta_\w+|pointer-events)="[^"]*"| fill="none"|(?<=<text [^>]*) fill="[^"]*"/gu,
      '',
    )
    .replaceAll(/(?<=\.\d)\d+/gu, '')
    .replace(
      /<svg [^>]*>/u,
      `<svg viewBox="0 0 ${size.width} ${size.height}" fill="none" aria-hidden="true">`,
    );
}
