/**
 * The matrix: a row for each fault, a column for each wire, in each cell a mark for each backend.
 *
 * Owns: the overview and its legend.
 */
import type { Wire } from '../lab-model/outcome.ts';
import { html, type Html } from './html.ts';
import type { LabCase, Results, Scenario } from './results.ts';
import { scrollBox } from './tables.ts';
import { shape, verdictTypes } from './verdicts.ts';
import { backendMeanings, caseName, verdictReasons, verdictWords } from './words.ts';

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

function mark(labCase: LabCase): Html {
  const { verdict, backend } = labCase;
  const { word } = verdictWords[verdict.type];
  const inside = html`${shape(verdict.type)}<span class="visually-hidden">${word}: </span>${backend}`;
  const why = [word, ...verdictReasons(verdict)].join(': ');
  // What never ran has no place of its own to go to.
  if (verdict.type === 'unsupported')
    return html`<span class="mark unsupported" title="${why}">${inside}</span>`;
  return html`<a class="mark ${verdict.type}" title="${why}" href="#${caseName(labCase).id}">${inside}</a>`;
}

function legend(cases: readonly LabCase[]): Html {
  const backends = [...new Set(cases.map(({ backend }) => backend))];
  return html`<div class="legend">
    <dl>
      ${verdictTypes().map(
        (type) =>
          html`<div>
            <dt><span class="verdict ${type}">${shape(type)} ${verdictWords[type].word}</span></dt>
            <dd>${verdictWords[type].meaning}</dd>
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
