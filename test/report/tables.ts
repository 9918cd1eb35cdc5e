/**
 * The tables of the report: what became of every line and datagram of a case, recovery times, and cases side by side.
 *
 * Owns: which figure stands where, and the sums that must add up.
 */
import type { LineCounts } from '../lab-model/outcome.ts';
import { html, type Html, type Part } from './html.ts';
import type { Evidence, Flow, LabCase } from './results.ts';
import { latenciesOf, percentile } from './statistics.ts';
import { caseName, droppedInAll, duration, lookOf, number } from './words.ts';
import { badge } from './verdicts.ts';

/** A wide thing that scrolls inside its own box, by keyboard, too. */
export function scrollBox(label: string, content: Part): Html {
  return html`<div class="scroll" role="group" tabindex="0" aria-label="${label}">${content}</div>`;
}

interface Row {
  readonly name: string;
  readonly values: readonly (number | undefined)[];
  /** How it goes into the sum above the result: added, taken off, or only told. */
  readonly part?: '+' | '−' | '=' | undefined;
}

/** A column for each direction; what goes in, what comes out, and whether it adds up. */
export function conservationTable({ flows }: Evidence): Html {
  const directions = flows.map(({ from, to }) => html`<th scope="col">${from} → ${to}</th>`);
  return scrollBox(
    'Conservation table',
    html`<table class="conservation">
      <caption>
        Nothing vanishes: where every line and datagram went
      </caption>
      <thead>
        <tr>
          <td></td>
          ${directions}
        </tr>
      </thead>
      ${group('Lines, as the programs saw them', lineRows(flows), flows.map(linesAreEven), flows)}
      ${flows.some(({ datagramCounts }) => datagramCounts !== undefined) ? group('Datagrams, on the way', datagramRows(flows), flows.map(datagramsAreEven), flows) : ''}
      ${kernelGroup(flows)}
    </table>`,
  );
}

function lineRows(flows: readonly Flow[]): readonly Row[] {
  const row = (name: string, key: keyof LineCounts, part?: Row['part']): Row => ({
    name,
    part,
    values: flows.map(({ lineCounts }) => lineCounts[key]),
  });
  return [
    row('said', 'said', '+'),
    row('doubled', 'duplicated', '+'),
    row('heard, but said by nobody', 'altered', '+'),
    row('lost, and the sender was not told', 'lost', '−'),
    row('reported undelivered', 'undelivered', '−'),
    row('heard', 'heard', '='),
    row('of these out of order', 'reordered'),
  ];
}

function datagramRows(flows: readonly Flow[]): readonly Row[] {
  const counts = flows.map(({ datagramCounts }) => datagramCounts);
  const causes = [...new Set(counts.flatMap((count) => Object.keys(count?.dropped ?? {})))];
  return [
    { name: 'offered', part: '+', values: counts.map((count) => count?.offered) },
    { name: 'doubled', part: '+', values: counts.map((count) => count?.duplicated) },
    ...causes.map((cause): Row => ({
      name: `dropped: ${cause}`,
      part: '−',
      values: counts.map((count) => count?.dropped[cause]),
    })),
    { name: 'still on their way', part: '−', values: counts.map((count) => count?.queued) },
    { name: 'departed', part: '=', values: counts.map((count) => count?.departed) },
    { name: 'of these corrupted', values: counts.map((count) => count?.corrupted) },
    { name: 'of these cut short', values: counts.map((count) => count?.truncated) },
    { name: 'of these held back', values: counts.map((count) => count?.held) },
  ];
}

function group(
  title: string,
  rows: readonly Row[],
  areEven: readonly (boolean | undefined)[],
  flows: readonly Flow[],
): Html {
  const shown = rows.filter(
    ({ part, values }) => part === '=' || values.some((value) => value !== undefined && value > 0),
  );
  return html`<tbody>
    <tr class="group">
      <th scope="rowgroup" colspan="${flows.length + 1}">${title}</th>
    </tr>
    ${shown.map(
      ({ name, part, values }) =>
        html`<tr class="${part === '=' ? 'sum' : part === undefined ? 'aside' : 'term'}">
          <th scope="row"><span class="part">${part ?? ''}</span> ${name}</th>
          ${values.map((value) => html`<td>${value === undefined ? '–' : number(value)}</td>`)}
        </tr> `,
    )}
    <tr class="even">
      <th scope="row">the sum</th>
      ${areEven.map((isEven) => html`<td>${isEven === undefined ? '–' : isEven ? '✓ adds up' : '✕ does not add up'}</td>`)}
    </tr>
  </tbody>`;
}

function kernelGroup(flows: readonly Flow[]): Html | undefined {
  const names = [...new Set(flows.flatMap(({ kernelDrops }) => Object.keys(kernelDrops ?? {})))];
  if (names.length === 0) return undefined;
  const struck = names.filter((name) => flows.some(({ kernelDrops }) => (kernelDrops?.[name] ?? 0) > 0));
  const rows = struck.map((name) =>
    kernelRow(
      name,
      flows.map(({ kernelDrops }) => kernelDrops?.[name]),
    ),
  );
  const nothing = kernelRow(
    'nothing',
    flows.map(({ kernelDrops }) => kernelDrops && 0),
  );
  return html`<tbody>
    <tr class="group">
      <th scope="rowgroup" colspan="${flows.length + 1}">Thrown away by the receiver’s kernel</th>
    </tr>
    ${rows.length === 0 ? nothing : rows}
  </tbody>`;
}

function kernelRow(name: string, values: readonly (number | undefined)[]): Html {
  return html`<tr>
    <th scope="row"><span class="part"></span> ${name}</th>
    ${values.map((value) => html`<td>${value === undefined ? '–' : number(value)}</td>`)}
  </tr>`;
}

/** heard = said + duplicated + altered − lost − undelivered. */
export function linesAreEven({ lineCounts }: Flow): boolean {
  const { said, duplicated, altered, lost, undelivered, heard } = lineCounts;
  return heard === said + duplicated + altered - lost - undelivered;
}

/** offered + duplicated = departed + queued + dropped; undefined where nobody counted. */
export function datagramsAreEven({ datagramCounts: counts }: Flow): boolean | undefined {
  if (counts === undefined) return undefined;
  return counts.offered + counts.duplicated === counts.departed + counts.queued + droppedInAll(counts);
}

/** The cases of one scenario, so that the wires can be compared. Only those that left evidence. */
export function comparisonTable(title: string, cases: readonly LabCase[]): Html | undefined {
  const rows = cases.flatMap((labCase) =>
    labCase.evidence === undefined ? [] : [comparisonRow(labCase, labCase.evidence)],
  );
  if (rows.length === 0) return undefined;
  return scrollBox(
    `${title}: the wires side by side`,
    html`<table class="comparison">
      <caption class="visually-hidden">
        ${title}: the wires side by side, both directions together
      </caption>
      <thead>
        <tr>
          <th scope="col">wire</th>
          <th scope="col">verdict</th>
          <th scope="col">said</th>
          <th scope="col">heard</th>
          <th scope="col">lost</th>
          <th scope="col">doubled</th>
          <th scope="col">out of order</th>
          <th scope="col">median</th>
          <th scope="col">99 %</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>`,
  );
}

function comparisonRow(labCase: LabCase, { flows }: Evidence): Html {
  const sum = (key: keyof LineCounts): number =>
    flows.reduce((total, { lineCounts }) => total + lineCounts[key], 0);
  const tookMs = flows.flatMap(latenciesOf).map((latency) => latency.tookMs);
  const median = percentile(tookMs, 0.5);
  const high = percentile(tookMs, 0.99);
  const damage = (value: number): Html =>
    html`<td class="${value > 0 ? 'damage' : 'none'}">${number(value)}</td>`;
  return html`<tr>
    <th scope="row">
      <a href="#${caseName(labCase).id}">${labCase.wire} <span class="backend">${labCase.backend}</span></a>
    </th>
    <td>${badge(lookOf(labCase))}</td>
    <td>${number(sum('said'))}</td>
    <td>${number(sum('heard'))}</td>
    ${damage(sum('lost'))}${damage(sum('duplicated'))}${damage(sum('reordered'))}
    <td>${median === undefined ? '–' : duration(median)}</td>
    <td>${high === undefined ? '–' : duration(high)}</td>
  </tr> `;
}

/** What was done to the lab, and how long it took until lines flowed again. */
export function recoveryTable({ phases, recoveries }: Evidence): Html | undefined {
  if (phases.length === 0 && recoveries.length === 0) return undefined;
  return scrollBox(
    'Faults and recoveries',
    html`<table class="recovery">
      <caption>
        Faults and recoveries
      </caption>
      <thead>
        <tr>
          <th scope="col">what</th>
          <th scope="col">began at</th>
          <th scope="col">took</th>
        </tr>
      </thead>
      <tbody>
        ${phases.map(
          ({ what, fromMs, untilMs }) =>
            html`<tr class="fault">
              <th scope="row">${what}</th>
              <td>${duration(fromMs)}</td>
              <td>${duration(untilMs - fromMs)}</td>
            </tr> `,
        )}${recoveries.map(
          ({ what, after, fromMs, tookMs }) =>
            html`<tr>
              <th scope="row">${what} <span class="after">after ${after}</span></th>
              <td>${duration(fromMs)}</td>
              <td><strong>${duration(tookMs)}</strong></td>
            </tr> `,
        )}
      </tbody>
    </table>`,
  );
}
