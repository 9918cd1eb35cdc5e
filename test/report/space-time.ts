/**
 * The space-time diagram: a vertical lifeline for each program, time going down, an arrow for each crossing. A dropped one
 * ends in ✕, a doubled one forks, one that was overtaken is crossed by the others, a corrupted or truncated one has a kink.
 *
 * Owns: the drawing, as SVG. Its colours come from the page's style sheet.
 */
import type { Crossing, Scene } from './crossings.ts';
import { html, type Html } from './html.ts';
import type { Phase } from './results.ts';
import { TimeAxis } from './time-axis.ts';
import { duration, number } from './words.ts';

const width = 490;
const top = 34;
const bottom = 14;
/** The outermost lifelines stand here; outside of them stand the labels of what leaves them. */
const firstLifeline = 148;
const lastLifeline = 390;
const spacing = { least: 7, usual: 18, greatest: 48 };
/** A dropped datagram gets this share of its way beyond the relay. */
const droppedAtShare = 0.3;
const timeLabelEnd = 56;
const timeLabelsApart = 13;
const labelsApart = 11;
const causesApart = 9;
/** Where fewer of the times than this share differ in whole milliseconds, tenths are told. */
const tellingShare = 0.75;
const labelMaxLength = 14;

export function spaceTimeDiagram(scene: Scene, phases: readonly Phase[], summary: string): Html {
  const drawing = new Drawing(scene, phases);
  return html`<svg
    class="space-time"
    viewBox="0 0 ${width} ${round(drawing.height)}"
    role="img"
    aria-label="${summary}"
  >
    ${drawing.parts()}
  </svg>`;
}

/** Defined once a page; every diagram refers to it. */
export const arrowHeads: Html = html`<svg class="definitions" aria-hidden="true">
  <defs>
    ${['one', 'two'].map(
      (direction) =>
        html`<marker
          id="head-${direction}"
          class="head ${direction}"
          viewBox="0 0 10 10"
          refX="9"
          refY="5"
          markerWidth="7"
          markerHeight="7"
          markerUnits="userSpaceOnUse"
          orient="auto"
          ><path d="M0 1 10 5 0 9z"
        /></marker>`,
    )}
  </defs>
</svg>`;

class Drawing {
  readonly height: number;
  readonly #scene: Scene;
  readonly #phases: readonly Phase[];
  readonly #axis: TimeAxis;
  readonly #causes = { one: new Clearance(causesApart, []), two: new Clearance(causesApart, []) };

  constructor(scene: Scene, phases: readonly Phase[]) {
    this.#scene = scene;
    const times = scene.crossings.flatMap(timesOf);
    const [firstMs, lastMs] = [Math.min(...times), Math.max(...times)];
    this.#phases = phases
      .filter(({ fromMs, untilMs }) => fromMs <= lastMs && untilMs >= firstMs)
      .map((phase) => ({
        ...phase,
        fromMs: Math.max(firstMs, phase.fromMs),
        untilMs: Math.min(lastMs, phase.untilMs),
      }));
    this.#axis = new TimeAxis(
      [...times, ...this.#phases.flatMap(({ fromMs, untilMs }) => [fromMs, untilMs])],
      spacing,
    );
    this.height = top + this.#axis.length + bottom;
  }

  parts(): readonly Html[] {
    return [
      ...this.#phases.map((phase) => this.#band(phase)),
      ...this.#scene.lifelines.map((name, at) => this.#lifeline(name, at)),
      ...this.#axis.gaps.map(({ at, tookMs }) => this.#gap(top + at, tookMs)),
      ...this.#phases.map((phase) => this.#bandLabel(phase)),
      ...this.#scene.crossings.map((crossing) => this.#crossing(crossing)),
      ...this.#times(),
      ...this.#labels(),
    ];
  }

  #y(ms: number): number {
    return top + this.#axis.at(ms);
  }

  #x(name: string): number {
    const { lifelines } = this.#scene;
    const at = lifelines.indexOf(name);
    return firstLifeline + ((lastLifeline - firstLifeline) * at) / (lifelines.length - 1);
  }

  #lifeline(name: string, at: number): Html {
    const x = this.#x(name);
    const kind = at === 0 ? 'one' : at === this.#scene.lifelines.length - 1 ? 'two' : 'relay';
    return html`<text class="name ${kind}" x="${x}" y="14">${name}</text
      ><path class="lifeline" d="M${x} 22V${round(this.height)}" />`;
  }

  #band({ fromMs, untilMs }: Phase): Html {
    const y = this.#y(fromMs);
    return html`<rect
      class="phase"
      x="${firstLifeline}"
      y="${round(y)}"
      width="${lastLifeline - firstLifeline}"
      height="${round(Math.max(2, this.#y(untilMs) - y))}"
    />`;
  }

  #bandLabel({ what, fromMs }: Phase): Html {
    const middle = (firstLifeline + lastLifeline) / 2;
    return html`<text class="phase-name" x="${middle}" y="${round(this.#y(fromMs) - 3)}">${what}</text>`;
  }

  #gap(y: number, tookMs: number): Html {
    return html`<text class="gap" text-anchor="end" x="${timeLabelEnd}" y="${round(y + 3)}"
      >⋮ ${duration(tookMs)}</text
    >`;
  }

  #crossing(crossing: Crossing): Html {
    const direction = crossing.from === this.#scene.lifelines[0] ? 'one' : 'two';
    return html`<g class="crossing ${direction}"
      ><title>${crossing.story}</title>${this.#ways(crossing, direction)}</g
    > `;
  }

  #ways(crossing: Crossing, direction: 'one' | 'two'): readonly Html[] {
    const [fromX, toX, fromY] = [this.#x(crossing.from), this.#x(crossing.to), this.#y(crossing.sentMs)];
    const turnX = crossing.relayMs === undefined ? fromX : this.#x('relay');
    const turnY = crossing.relayMs === undefined ? fromY : this.#y(crossing.relayMs);
    const start =
      crossing.relayMs === undefined
        ? `M${fromX} ${round(fromY)}`
        : `M${fromX} ${round(fromY)}L${turnX} ${round(turnY)}`;
    if (crossing.droppedBy !== undefined) {
      const x = turnX + (toX - turnX) * droppedAtShare;
      return [
        html`<path class="way lost" d="${start}L${round(x)} ${round(turnY)}" />`,
        ...this.#dropped(x, turnY, crossing.droppedBy, direction),
      ];
    }
    if (crossing.arrivedMs.length === 0) {
      return [html`<path class="way unfinished" d="${start}L${round((turnX + toX) / 2)} ${round(turnY)}" />`];
    }
    const ways = crossing.arrivedMs.map((arrivedMs, copy) => {
      const y = this.#y(arrivedMs);
      const from = copy === 0 ? start : `M${turnX} ${round(turnY)}`;
      const kink =
        (crossing.corrupted || crossing.truncated) && copy === 0 ? kinkBetween(turnX, turnY, toX, y) : '';
      return html`<path class="way${copy === 0 ? '' : ' copy'}" d="${from}${kink}L${toX} ${round(y)}" />`;
    });
    const mark = crossing.duplicated || crossing.held ? [this.#turn(turnX, turnY, crossing.held)] : [];
    return [...ways, ...mark];
  }

  /** The cross, and its cause where there is room. */
  #dropped(x: number, y: number, cause: string, direction: 'one' | 'two'): readonly Html[] {
    const arm = 3.6;
    const [left, right, up, down] = [x - arm, x + arm, y - arm, y + arm].map(round);
    const cross = html`<path
      class="dropped"
      d="M${left} ${up}L${right} ${down}M${left} ${down}L${right} ${up}"
    />`;
    if (!this.#causes[direction].take(y)) return [cross];
    const [textX, anchor] = direction === 'one' ? [x + 8, 'start'] : [x - 8, 'end'];
    const text = html`<text class="cause" text-anchor="${anchor}" x="${round(textX)}" y="${round(y + 3)}"
      >${cause}</text
    >`;
    return [cross, text];
  }

  /** Where it forks, or where it is held back. */
  #turn(x: number, y: number, held: boolean): Html {
    return html`<circle class="turn${held ? ' held' : ''}" cx="${x}" cy="${round(y)}" r="2.8" />`;
  }

  /** When each arrow left, in milliseconds, where there is room. */
  #times(): readonly Html[] {
    const clear = new Clearance(
      timeLabelsApart,
      this.#axis.gaps.map(({ at }) => top + at),
    );
    const { crossings } = this.#scene;
    const whole = new Set(crossings.map(({ sentMs }) => Math.round(sentMs)));
    const told =
      whole.size < crossings.length * tellingShare ? tenths : (ms: number) => number(Math.round(ms));
    const labels = crossings.flatMap(({ sentMs }) => {
      const y = this.#y(sentMs);
      return clear.take(y)
        ? [
            html`<text class="time" text-anchor="end" x="${timeLabelEnd}" y="${round(y + 3)}"
              >${told(sentMs)}</text
            >`,
          ]
        : [];
    });
    return [html`<text text-anchor="end" x="${timeLabelEnd}" y="14">ms</text>`, ...labels];
  }

  /** What each arrow is, at its tail, where there is room. */
  #labels(): readonly Html[] {
    const [leftmost] = this.#scene.lifelines;
    const clear = { left: new Clearance(labelsApart, []), right: new Clearance(labelsApart, []) };
    return this.#scene.crossings.flatMap(({ from, sentMs, label }) => {
      const y = this.#y(sentMs);
      const side = from === leftmost ? 'left' : 'right';
      if (!clear[side].take(y)) return [];
      const [x, anchor] = side === 'left' ? [firstLifeline - 7, 'end'] : [lastLifeline + 7, 'start'];
      return [
        html`<text class="label" text-anchor="${anchor}" x="${x}" y="${round(y + 3)}"
          >${shortened(label)}</text
        >`,
      ];
    });
  }
}

/** Keeps texts in one column from covering each other. */
class Clearance {
  readonly #apart: number;
  readonly #taken: number[];

  constructor(apart: number, taken: readonly number[]) {
    this.#apart = apart;
    this.#taken = [...taken];
  }

  take(y: number): boolean {
    if (this.#taken.some((other) => Math.abs(other - y) < this.#apart)) return false;
    this.#taken.push(y);
    return true;
  }
}

function timesOf({ sentMs, relayMs, arrivedMs }: Crossing): readonly number[] {
  return [sentMs, ...(relayMs === undefined ? [] : [relayMs]), ...arrivedMs];
}

function kinkBetween(fromX: number, fromY: number, toX: number, toY: number): string {
  const at = (share: number, off: number): string =>
    `L${round(fromX + (toX - fromX) * share)} ${round(fromY + (toY - fromY) * share + off)}`;
  return at(0.44, 0) + at(0.48, -5) + at(0.54, 5) + at(0.58, 0);
}

function tenths(ms: number): string {
  const tenth = Math.round(ms * 10);
  return `${number(Math.floor(tenth / 10))}.${tenth % 10}`;
}

function shortened(label: string): string {
  return label.length > labelMaxLength ? `${label.slice(0, labelMaxLength - 1)}…` : label;
}

/** A tenth of a unit can't be seen, and each digit is a byte in thousands of places. */
function round(value: number): number {
  return Math.round(value * 10) / 10;
}
