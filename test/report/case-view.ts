/**
 * One case, in full: its replay line, the space-time diagram, the tables, the charts, the transcripts, the capture.
 *
 * Owns: the order of things inside a case, and the words that stand for its pictures.
 */
import { latencyDistribution, latencyOverTime } from './charts.ts';
import { type Scene, sceneOf } from './crossings.ts';
import { Html, html, type Part } from './html.ts';
import type { Evidence, Flow, LabCase, TranscriptPart } from './results.ts';
import { spaceTimeDiagram } from './space-time.ts';
import { latenciesOf, percentile } from './statistics.ts';
import { conservationTable, recoveryTable, scrollBox } from './tables.ts';
import { badge } from './verdicts.ts';
import {
  caseName,
  duration,
  enumeration,
  linesInWords,
  lookOf,
  number,
  quantity,
  verdictReasons,
} from './words.ts';

/** The first and the last of a transcript, half each: that is where it begins and where it ends. */
const transcriptShownMax = 30;

/** The first packets of a capture, ready to be linked. */
export interface CaptureLink {
  readonly fileName: string;
  readonly gzip: Uint8Array;
  readonly packets: number;
  readonly packetsOmitted: number;
}

/** Folded, unless something is wrong with it. Undefined for a case that never ran. */
export function caseView(labCase: LabCase, capture: CaptureLink | undefined): Html | undefined {
  const { verdict, evidence, wire, backend } = labCase;
  if (verdict.type === 'unsupported') return undefined;
  const { id, title } = caseName(labCase);
  const isOpen = verdict.type !== 'pass';
  const reasons = verdictReasons(verdict);
  // The id stands inside, so that a link to it opens the fold.
  return html`<details class="case" ${isOpen ? html`open` : ''}>
    <summary>
      <h4>${wire} <span class="backend">${backend}</span></h4>
      ${badge(lookOf(labCase))}
      <span class="digest">${evidence === undefined ? 'no evidence' : digest(labCase, evidence)}</span>
    </summary>
    <div class="inside" id="${id}">
      ${
        reasons.length > 0
          ? html`<ul class="reasons">
              ${reasons.map((reason) => html`<li>${reason}</li>`)}
            </ul>`
          : ''
      }
      ${evidence === undefined ? html`<p>It ended before there was anything to see.</p>` : evidenceView(title, evidence, capture)}
    </div>
  </details>`;
}

function digest(labCase: LabCase, { tookMs, recoveries }: Evidence): string {
  const slowest = recoveries.reduce((longest, recovery) => Math.max(longest, recovery.tookMs), 0);
  return [
    linesInWords(labCase),
    ...(recoveries.length > 0 ? [`back within ${duration(slowest)}`] : []),
    `took ${duration(tookMs)}`,
  ].join(' · ');
}

function evidenceView(title: string, evidence: Evidence, capture: CaptureLink | undefined): Html {
  return html`<p class="replay">
      <label
        >Seed ${evidence.seed}. To run it again:
        <input readonly size="${evidence.replay.length}" value="${evidence.replay}"
      /></label>
    </p>
    <div class="columns">
      <div class="column">${sceneView(title, evidence)}</div>
      <div class="column">
        ${conservationTable(evidence)} ${recoveryTable(evidence)} ${latencyView(title, evidence)}
        <div>${evidence.transcripts.map(transcriptView)} ${captureView(capture)}</div>
      </div>
    </div>`;
}

function sceneView(title: string, evidence: Evidence): Html {
  const scene = sceneOf(evidence);
  if (scene === undefined) return html`<p>Nothing crossed.</p>`;
  const { crossings, total, what, lifelines } = scene;
  const which =
    crossings.length === total
      ? `All ${quantity(total, what)}`
      : `${quantity(crossings.length, what)} in a row, of ${number(total)}: the stretch with most to see`;
  const summary = `${title}: space-time diagram of ${enumeration(lifelines)}. ${sceneInWords(scene)}.`;
  return html`<figure>
    <figcaption>
      ${which}. Time runs down; a long silence (⋮) is shortened. ✕ is dropped, a fork is doubled, a kink is
      corrupted or cut short, and an arrow that other arrows cross was overtaken.
    </figcaption>
    ${scrollBox(`${title}: space-time diagram`, spaceTimeDiagram(scene, evidence.phases, summary))}
    <details class="as-text">
      <summary>The same in words</summary>
      <ol>
        ${crossings.map(({ story }) => html`<li>${story}</li> `)}
      </ol>
    </details>
  </figure>`;
}

function sceneInWords({ crossings, what }: Scene): string {
  const counted = (word: string, matching: number): readonly string[] =>
    matching > 0 ? [`${number(matching)} ${word}`] : [];
  const fates = [
    ...counted('dropped', crossings.filter(({ droppedBy }) => droppedBy !== undefined).length),
    ...counted('doubled', crossings.filter(({ duplicated }) => duplicated).length),
    ...counted('held back', crossings.filter(({ held }) => held).length),
    ...counted('corrupted', crossings.filter(({ corrupted }) => corrupted).length),
    ...counted('cut short', crossings.filter(({ truncated }) => truncated).length),
  ];
  return `Of ${quantity(crossings.length, what)}, ${fates.length === 0 ? 'all crossed unharmed' : enumeration(fates)}`;
}

function latencyView(title: string, { flows, phases }: Evidence): Html | undefined {
  const heard = flows.filter((flow) => latenciesOf(flow).length > 0);
  if (heard.length === 0) return undefined;
  const summary = heard.map(latencyInWords).join(' ');
  return html`<figure class="latency">
    <figcaption>Latency of a line, from stdin to stdout ${directionKey(flows)}</figcaption>
    ${scrollBox(`${title}: latency over time`, latencyOverTime(flows, phases, `Latency over time. ${summary}`))}
    ${scrollBox(`${title}: distribution of latency`, latencyDistribution(flows, `Distribution of latency. ${summary}`))}
    <p class="figures">${summary}</p>
  </figure>`;
}

function directionKey(flows: readonly Flow[]): Html {
  const kinds = ['one', 'two'];
  return html`<span class="key"
    >${flows.map(({ from, to }, at) => html`<span><span class="sample ${kinds[at]}"></span>${from} → ${to}</span> `)}<span
      ><span class="sample cross">✕</span>never heard</span
    ></span
  >`;
}

function latencyInWords(flow: Flow): string {
  const tookMs = latenciesOf(flow).map((latency) => latency.tookMs);
  const [median, high, longest] = [0.5, 0.99, 1].map((share) => duration(percentile(tookMs, share) ?? 0));
  return `${flow.from} → ${flow.to}: half of the lines within ${median}, 99 % within ${high}, all within ${longest}.`;
}

function transcriptView({ program, stream, lines, linesOmitted }: TranscriptPart): Html | undefined {
  if (lines.length === 0) return undefined;
  const half = transcriptShownMax / 2;
  const skipped = Math.max(0, lines.length - transcriptShownMax);
  const name = `${program} ${stream}`;
  const rows: readonly Part[] = [
    ...(skipped > 0 ? lines.slice(0, half) : lines),
    ...(skipped > 0 ? [skippedRow(`${quantity(skipped, 'line')} more, in results.json`)] : []),
    ...(skipped > 0 ? lines.slice(-half) : []),
    ...(linesOmitted > 0 ? [skippedRow(`${quantity(linesOmitted, 'more line')}, not kept`)] : []),
  ];
  return html`<details class="transcript">
    <summary>${name} <span class="digest">${quantity(lines.length + linesOmitted, 'line')}</span></summary>
    ${scrollBox(name, html`<pre>${rows.flatMap((row) => [row, newline])}</pre>`)}
  </details>`;
}

/** The filter for text would show it as a character. */
const newline = Html.trusted('\n');

function skippedRow(what: string): Html {
  return html`<span class="skipped">⋮ ${what}</span>`;
}

function captureView(capture: CaptureLink | undefined): Html | undefined {
  if (capture === undefined) return undefined;
  const { fileName, gzip, packets, packetsOmitted } = capture;
  const data = Buffer.from(gzip).toString('base64');
  const rest = packetsOmitted > 0 ? `, the first of ${number(packets + packetsOmitted)}` : '';
  return html`<p class="capture">
    <a download="${fileName}" href="data:application/gzip;base64,${data}">${fileName}</a> for Wireshark:
    ${quantity(packets, 'packet')}${rest}, each with the relay’s verdict as its comment.
  </p>`;
}
