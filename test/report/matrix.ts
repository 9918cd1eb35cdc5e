/**
 * The matrix: a row for each fault, a column for each wire, in each cell what each backend did to the lines.
 *
 * Owns: the overview and its legend.
 */
import type { Wire } from '../lab-model/outcome.ts';
import { html, type Html } from './html.ts';
import type { LabCase, Results, Scenario } from './results.ts';
import { scrollBox } from './tables.ts';
import { badge, looks, shape } from './verdicts.ts';
import { backendMeanings, caseName, linesInWords, lookOf, lookWords, verdictReasons } from './words.ts';

const wires: readonly Wire[] = ['tincan', 'plain', 'tcp'];

export function matrix({ scenarios, cases }: Results): Html {
  return html`${scrollBox(
    'Matrix of faults and wires',
    html`<table class="matrix">
      <caption class="visually-hidden">
        Every fault, on every wire, by every backend
      </caption>
      <thead>
        <tr>
          <th scope="col">fault</th>
          ${wires.map((wire) => html`<th scope="col">${wire}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${scenarios.map((scenario) => row(scenario, cases))}
      </tbody>
    </table>`,
  )}
  ${legend(cases)}`;
}

function row({ id, title }: Scenario, cases: readonly LabCase[]): Html {
  const cells = wires.map((wire) => {
    const here = cases.filter((labCase) => labCase.scenario === id && labCase.wire === wire);
    return html`<td>
      ${here.length === 0 ? html`<span class="nothing">not tried</span>` : here.map(mark)}
    </td>`;
  });
  return html`<tr>
    <th scope="row"><a href="#${id}">${title}</a></th>
    ${cells}
  </tr> `;
}

/** What happened to the lines; of a case that failed or never ran, why. */
function mark(labCase: LabCase): Html {
  const { verdict, backend, evidence } = labCase;
  const look = lookOf(labCase);
  const { word } = lookWords[look];
  const why = [word, ...verdictReasons(verdict)].join(': ');
  const inside = html`${shape(look)}<span class="visually-hidden">${word}: </span>${backend}`;
  // What never ran has no place of its own to go to.
  if (look === 'unsupported') return html`<span class="mark unsupported" title="${why}">${inside}</span>`;
  const what = evidence === undefined ? word : linesInWords(labCase);
  return html`<a class="mark ${look}" title="${why}" href="#${caseName(labCase).id}"
    >${inside}<span class="what">${what}</span></a
  >`;
}

function legend(cases: readonly LabCase[]): Html {
  const backends = [...new Set(cases.map(({ backend }) => backend))];
  return html`<div class="legend">
    <dl>
      ${looks().map(
        (look) =>
          html`<div>
            <dt>${badge(look)}</dt>
            <dd>${lookWords[look].meaning}</dd>
          </div>`,
      )}
    </dl>
    <dl>
      ${backends.map(
        (backend) =>
          html`<div>
            <dt>${backend}</dt>
            <dd>${backendMeanings[backend]}</dd>
          </div>`,
      )}
    </dl>
  </div>`;
}
