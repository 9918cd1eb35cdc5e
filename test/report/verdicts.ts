/**
 * How a verdict looks: a shape and a word, never a colour alone.
 *
 * Owns: the shapes. The page defines them once (`verdictShapes`), everything else refers to them.
 */
import { html, type Html } from './html.ts';
import { type Look, lookWords } from './words.ts';

const outlines: Readonly<Record<Look, string>> = {
  pass: 'M3 8.6 6.6 12 13 4.4',
  damaged: 'M2.6 10.4 6 5.6 10 10.4 13.4 5.6',
  fail: 'M4 4 12 12M12 4 4 12',
  vacuous: 'M8 3.2a4.8 4.8 0 1 0 0 9.6a4.8 4.8 0 1 0 0-9.6M4 12.8 12 3.2',
  unsupported: 'M4 8H12',
};

export const verdictShapes: Html = html`<svg class="definitions" aria-hidden="true">
  ${looks().map((look) => html`<symbol id="verdict-${look}" viewBox="0 0 16 16"><path d="${outlines[look]}" /></symbol>`)}
</svg>`;

export function looks(): readonly Look[] {
  return ['pass', 'damaged', 'fail', 'vacuous', 'unsupported'];
}

/** The shape alone; whoever uses it puts a word beside it, seen or heard. */
export function shape(look: Look): Html {
  return html`<svg class="shape" aria-hidden="true"><use href="#verdict-${look}" /></svg>`;
}

export function badge(look: Look): Html {
  return html`<span class="verdict ${look}">${shape(look)} ${lookWords[look].word}</span>`;
}
