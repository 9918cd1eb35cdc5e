/**
 * How a verdict looks: a shape and a word, never a colour alone.
 *
 * Owns: the four shapes. The page defines them once (`verdictShapes`), everything else refers to them.
 */
import type { Verdict } from '../lab-model/outcome.ts';
import { html, type Html } from './html.ts';
import { verdictWords } from './words.ts';

type VerdictType = Verdict['type'];

const outlines: Readonly<Record<VerdictType, string>> = {
  pass: 'M3 8.6 6.6 12 13 4.4',
  fail: 'M4 4 12 12M12 4 4 12',
  vacuous: 'M8 3.2a4.8 4.8 0 1 0 0 9.6a4.8 4.8 0 1 0 0-9.6M4 12.8 12 3.2',
  unsupported: 'M4 8H12',
};

export const verdictShapes: Html = html`<svg class="definitions" aria-hidden="true">
  ${verdictTypes().map((type) => html`<symbol id="verdict-${type}" viewBox="0 0 16 16"><path d="${outlines[type]}" /></symbol>`)}
</svg>`;

export function verdictTypes(): readonly VerdictType[] {
  return ['pass', 'fail', 'vacuous', 'unsupported'];
}

/** The shape alone; whoever uses it puts a word beside it, seen or heard. */
export function shape(type: VerdictType): Html {
  return html`<svg class="shape" aria-hidden="true"><use href="#verdict-${type}" /></svg>`;
}

export function badge(type: VerdictType): Html {
  return html`<span class="verdict ${type}">${shape(type)} ${verdictWords[type].word}</span>`;
}
