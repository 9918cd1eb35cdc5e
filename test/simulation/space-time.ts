/**
 * A run as a space-time diagram in text: a column for each host, time going down, an arrow for each datagram; ✕ where
 * it is dropped, ⑂ where it forks into two, ↷ where it is held back, ≈ where it is corrupted.
 *
 * Owns: the drawing. Must not know: why things happen; it only listens.
 */
import type { Event } from '../../src/kernel/contract.ts';
import { frameWords } from '../../src/wires/tincan/codec/frame-table.ts';
import type { TraceEvent } from '../../src/wires/tincan/trace/trace.ts';
import type { Verdict } from '../../src/relay/model/direction.ts';
import { keyOf, type Crossing } from './network.ts';
import type { World } from './world.ts';

const timeWidth = 11;
const columnWidth = 14;
const labelMaxLength = 60;

/** Collects the last lines of the diagram. `linesMax` 0: all of them. */
export class SpaceTime {
  readonly #world: World;
  readonly #names: readonly string[];
  readonly #linesMax: number;
  readonly #lines: string[] = [];
  #dropped = 0;
  /** What the protocol said of the packet that it is about to hand over, by host. */
  readonly #described = new Map<string, { readonly bytes: number; readonly text: string }[]>();

  constructor(world: World, names: readonly string[], linesMax: number) {
    this.#world = world;
    this.#names = names;
    this.#linesMax = linesMax;
    world.network.tap((crossing) => this.#crossing(crossing));
    world.watch({
      event: (host, event) => this.#event(host.name, event),
      protocol: (id, event) => this.#protocol(id.split('#', 1)[0] ?? id, event),
      note: (text) => this.#row(undefined, '', `── ${text} ──`),
    });
  }

  text(): string {
    const heads = this.#names.map((name) => name.padEnd(columnWidth)).join('');
    const head = `${'ms'.padStart(timeWidth - 2)}  ${heads}`;
    const skipped = this.#dropped > 0 ? [`(${this.#dropped} lines before these)`] : [];
    return [...skipped, head, ...this.#lines].join('\n');
  }

  #crossing(crossing: Crossing): void {
    const { number, from, to, bytes, destination } = crossing;
    if (crossing.type === 'arrived') {
      this.#arrow(
        from,
        to,
        '╌',
        '▶',
        '◀',
        '●',
        `#${number}`,
        to === undefined ? `nobody at ${keyOf(destination)}` : '',
      );
      return;
    }
    const described = this.#described.get(from)?.shift();
    const what = described?.bytes === bytes.length ? described.text : `type ${bytes[0] ?? 0}`;
    const { head, fate } = drawn(crossing.verdict);
    this.#arrow(
      from,
      to,
      '─',
      head ?? '▶',
      head ?? '◀',
      '',
      `#${number}`,
      `${bytes.length} B ${what}${fate}`,
    );
  }

  #arrow(
    from: string,
    to: string | undefined,
    line: string,
    rightHead: string,
    leftHead: string,
    end: string,
    label: string,
    text: string,
  ): void {
    const start = this.#names.indexOf(from);
    const target = to === undefined ? -1 : this.#names.indexOf(to);
    const columns = this.#columns();
    // Whoever has no column (the attacker) stands beyond the last one.
    const edge = this.#names.length * columnWidth - columnWidth / 2;
    const startAt = start < 0 ? edge : start * columnWidth;
    const targetAt = target < 0 ? edge : target * columnWidth;
    const [left, right] = startAt < targetAt ? [startAt, targetAt] : [targetAt, startAt];
    for (let at = left + 1; at < right; at++) columns[at] = line;
    const rightwards = startAt < targetAt;
    columns[rightwards ? right - 1 : left + 1] = rightwards ? rightHead : leftHead;
    columns[startAt] = end === '' ? '●' : '│';
    if (end !== '' && target >= 0) columns[targetAt] = end;
    const labelAt = Math.floor((left + right - label.length) / 2) + 1;
    for (let at = 0; at < label.length; at++) columns[labelAt + at] = label.charAt(at);
    this.#push(columns, text);
  }

  #event(name: string, event: Event): void {
    const text = toldOf(event);
    if (text !== undefined) this.#row(name, '◆', text);
  }

  #protocol(name: string, event: TraceEvent): void {
    switch (event.type) {
      case 'packet-sent': {
        const described = this.#described.get(name) ?? [];
        this.#described.set(name, described);
        const probe = event.probe ? ' probe' : '';
        const text = `p${event.packetNumber}${probe}: ${event.frames.map(frameWords).join(', ')}`;
        described.push({ bytes: event.bytes, text });
        return;
      }
      case 'handshake':
        return this.#row(name, '○', `handshake ${event.role} ${event.step} ${keyOf(event.address)}`);
      case 'packet-lost':
        return this.#row(name, '○', `p${event.packetNumber} is taken for lost`);
      case 'session':
        return this.#row(name, '○', `session ${event.session.toString(16)} ${event.step}`);
      case 'path':
        return this.#row(name, '○', `path ${event.step} ${keyOf(event.address)}`);
      case 'datagram-dropped':
        return this.#row(name, '○', `dropped ${event.bytes} B: ${event.reason}`);
      case 'packet-received':
      case 'recovery':
        return;
    }
  }

  #row(name: string | undefined, mark: string, text: string): void {
    const columns = this.#columns();
    const column = name === undefined ? -1 : this.#names.indexOf(name);
    if (column >= 0) columns[column * columnWidth] = mark;
    this.#push(columns, name === undefined ? text : `${name}: ${text}`);
  }

  #columns(): string[] {
    const columns = Array.from({ length: this.#names.length * columnWidth }, () => ' ');
    for (let column = 0; column < this.#names.length; column++) {
      const name = this.#names[column] ?? '';
      columns[column * columnWidth] = this.#world.host(name) === undefined ? '┊' : '│';
    }
    return columns;
  }

  #push(columns: readonly string[], text: string): void {
    const time = this.#world.elapsedMs.toFixed(3).padStart(timeWidth - 2);
    const label = text.length > labelMaxLength ? `${text.slice(0, labelMaxLength)}…` : text;
    this.#lines.push(`${time}  ${columns.join('')}${label}`.trimEnd());
    if (this.#linesMax > 0 && this.#lines.length > this.#linesMax) {
      this.#lines.shift();
      this.#dropped++;
    }
  }
}

function drawn(verdict: Verdict | undefined): { readonly head: string | undefined; readonly fate: string } {
  if (verdict === undefined) return { head: '✕', fate: ' (nobody there)' };
  if (verdict.type === 'dropped') return { head: '✕', fate: ` (${verdict.cause})` };
  if (verdict.duplicated) return { head: '⑂', fate: ' (twice)' };
  if (verdict.corrupted) return { head: '≈', fate: ' (corrupted)' };
  if (verdict.held) return { head: '↷', fate: ' (held back)' };
  return { head: undefined, fate: '' };
}

function toldOf(event: Event): string | undefined {
  switch (event.type) {
    case 'queued':
      return `says line ${event.seq}`;
    case 'message':
      return `hears ${event.from} line ${event.seq}`;
    case 'delivered':
      return `line ${event.seq} delivered to ${event.to}`;
    case 'undelivered':
      return `line ${event.seq} undelivered to ${event.to ?? 'nobody'}: ${event.reason}`;
    case 'peer-joined':
      return `${event.name} joined`;
    case 'peer-left':
      return `${event.name} left: ${event.reason}`;
    case 'warning':
      return `warning ${event.code}: ${event.message}`;
    case 'refused':
    case 'error':
      return `${event.type} ${event.code}: ${event.message}`;
    case 'closed':
      return `closed, ${event.undelivered} undelivered`;
    case 'ready':
    case 'renamed':
    case 'peer-renamed':
    case 'trace':
    case 'sent':
    case 'status':
      return undefined;
  }
}
