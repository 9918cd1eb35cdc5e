/**
 * The report: one HTML file that needs nothing else, no script, no network.
 *
 * Owns: the page as a whole: what it opens with, and the order of scenarios. Results in, text out; it reads only its own
 * style sheet and typefaces.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type CaptureLink, caseView } from './case-view.ts';
import { html, Html } from './html.ts';
import { matrix } from './matrix.ts';
import type { LabCase, Results, Run, Scenario } from './results.ts';
import { arrowHeads } from './space-time.ts';
import { comparisonTable, scrollBox } from './tables.ts';
import { verdictShapes } from './verdicts.ts';
import { duration, quantity, verdictReasons } from './words.ts';

const require = createRequire(import.meta.url);
/** Nothing may be fetched and nothing may run, whatever stands in the results. */
const contentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; font-src data:; img-src data:";

/** `captures`: by the name that stands in the evidence of a case. */
export function renderReport(results: Results, captures: ReadonlyMap<string, CaptureLink>): string {
  const { run, scenarios } = results;
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${contentSecurityPolicy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${headline(results)} · tincan fault lab</title>
        <style>
          ${style()}
        </style>
      </head>
      <body>
        ${verdictShapes}${arrowHeads}
        <header>
          <p class="eyebrow">tincan fault lab</p>
          <h1>${headline(results)}</h1>
          <p class="lead">${subline(results)}</p>
          <p class="when">
            <time datetime="${run.startedAt}">${run.startedAt.slice(0, 16).replace('T', ' ')} UTC</time>, took
            ${duration(run.tookMs)}
          </p>
        </header>
        <main>
          <section aria-labelledby="matrix">
            <h2 id="matrix">Every fault, on every wire</h2>
            ${matrix(results)}
          </section>
          <section aria-labelledby="scenarios">
            <h2 id="scenarios">Scenario by scenario</h2>
            ${scenarios.map((scenario) => scenarioView(scenario, results, captures))}
          </section>
        </main>
        <footer>${machine(run)}</footer>
      </body>
    </html> `;
  return page.toString();
}

function headline({ cases }: Results): string {
  const count = counts(cases);
  const ran = count.pass + count.fail + count.vacuous;
  if (ran === 0) return 'Nothing was run';
  if (count.fail + count.vacuous === 0) return ran === 1 ? 'The one case holds' : `All ${ran} cases hold`;
  const parts = [
    ...(count.fail > 0 ? [`${count.fail} of ${quantity(ran, 'case')} failed`] : []),
    ...(count.vacuous > 0 ? [`${count.vacuous} proved nothing`] : []),
  ];
  return parts.join(', ');
}

function subline({ cases, scenarios }: Results): string {
  const { unsupported } = counts(cases);
  const left = unsupported === 0 ? '' : ` ${quantity(unsupported, 'more case')} could not be run here.`;
  return `${quantity(scenarios.length, 'way')} to harm the string between two chat nodes in containers of their own, and what became of every line.${left}`;
}

function counts(cases: readonly LabCase[]): Record<LabCase['verdict']['type'], number> {
  const sums = { pass: 0, fail: 0, vacuous: 0, unsupported: 0 };
  for (const { verdict } of cases) sums[verdict.type]++;
  return sums;
}

function scenarioView(
  { id, title, proves, see }: Scenario,
  { cases }: Results,
  captures: ReadonlyMap<string, CaptureLink>,
): Html {
  const own = cases.filter(({ scenario }) => scenario === id);
  return html`<section class="scenario" aria-labelledby="${id}">
    <h3 id="${id}">${title}</h3>
    <p class="see">${see}</p>
    <p class="proves">${proves}</p>
    ${comparisonTable(title, own)}
    ${own.map((labCase) => caseView(labCase, captures.get(labCase.evidence?.capture?.file ?? '')))}
    ${unsupportedView(own)}
  </section> `;
}

/** The reasons, each said once. */
function unsupportedView(cases: readonly LabCase[]): Html | undefined {
  const places = new Map<string, string[]>();
  for (const { verdict, wire, backend } of cases) {
    if (verdict.type !== 'unsupported') continue;
    for (const reason of verdictReasons(verdict)) {
      places.set(reason, [...(places.get(reason) ?? []), `${wire} by ${backend}`]);
    }
  }
  if (places.size === 0) return undefined;
  return html`<ul class="unsupported">
    ${[...places].map(([reason, where]) => html`<li>Not run: ${where.join(', ')} – ${reason}</li>`)}
  </ul>`;
}

function machine({ versions, capabilities }: Run): Html {
  const rows = [
    ...Object.entries(versions).map(
      ([name, version]) =>
        html`<tr>
          <th scope="row">${name}</th>
          <td colspan="2">${version}</td>
        </tr> `,
    ),
    ...capabilities.map(
      ({ name, available, detail }) =>
        html`<tr>
          <th scope="row">${name}</th>
          <td>${available ? '✓ yes' : '– no'}</td>
          <td>${detail}</td>
        </tr> `,
    ),
  ];
  return html`<h2>Where it ran</h2>
    ${scrollBox(
      'Versions and capabilities',
      html`<table class="machine">
        <caption class="visually-hidden">
          Versions and capabilities of the machine
        </caption>
        <tbody>
          ${rows}
        </tbody>
      </table>`,
    )}`;
}

function style(): Html {
  return Html.trusted(readFileSync(new URL('style.css', import.meta.url), 'utf8') + typefaces());
}

/** The page looks the same everywhere, also where there is no network. */
function typefaces(): string {
  const faces = [
    { family: 'Inter', file: '@fontsource-variable/inter/files/inter-latin-wght-normal.woff2' },
    {
      family: 'Source Serif',
      file: '@fontsource-variable/source-serif-4/files/source-serif-4-latin-wght-normal.woff2',
    },
  ];
  return faces
    .map(({ family, file }) => {
      const data = readFileSync(require.resolve(file)).toString('base64');
      return `@font-face{font-family:"${family}";font-weight:200 900;src:url(data:font/woff2;base64,${data}) format("woff2")}\n`;
    })
    .join('');
}
