/**
 * A run as a space-time diagram in text: a column for each host, time going down, an arrow for each datagram.
 *
 * Owns: the drawing, its legend, and the choice of rows. It only listens.
 */
import type { SingleEvent } from '../../src/kernel/runs.ts';
import { frameWords } from '../../src/wires/tincan/codec/frame-table.ts';
import type { TraceEvent } from '../../src/wires/tincan/trace/trace.ts';
import type { DatagramVerdict } from '../../src/relay/model/direction.ts';
import { attackerName } from './attacker.ts';
import { keyOf, type Crossing } from './network.ts';
import type { World } from './world.ts';

export const legend = `│ runs   ┊ does not run   ○ what the protocol notes   ◆ what the program is told   ── what is done to the hosts ──
●──#7──▶ datagram 7 leaves   ╌╌#7╌▶● datagram 7 arrives   p3: LINE 2 (5 B): packet 3 of its session, and what is in it
✕ lost   ⑂ doubled   ↷ held back, so that later ones overtake it   ≈ one bit turned over   ×40 as many in a row`;

/** Which rows: from the first one at that time on, or the last ones. `rowsMax` 0: all. */
export type Extract =
  | { readonly type: 'from'; readonly atMs: number; readonly rowsMax: number }
  | { readonly type: 'last'; readonly rowsMax: number };

const timeWidth = 11;
const columnWidth = 14;
const textMaxLength = 60;

interface Arrow {
  readonly startAt: number;
  readonly targetAt: number;
  readonly line: '─' | '╌';
  /** Undefined: it points where it goes. */
  readonly mark: string | undefined;
  readonly startMark: string;
  readonly endMark: string | undefined;
  readonly number: number;
}

interface Row {
  readonly atMs: number;
  readonly columns: readonly string[];
  readonly arrow: Arrow | undefined;
  readonly text: string;
  /** How many there were of its kind, one behind the other. */
  count: number;
}

/** Collects the rows of the diagram. */
export class SpaceTime {
  readonly #world: World;
  readonly #names: readonly string[];
  readonly #rows: Row[] = [];
  /** Rows of the attacker's, by kind, that more of their kind are counted in, until something else happens. */
  readonly #floods = new Map<string, Row>();
  /** What the protocol said of the packet that it is about to hand over, by host. */
  readonly #described = new Map<string, { readonly bytes: number; readonly text: string }[]>();

  /** `names`: a column for each, in this order. */
  constructor(world: World, names: readonly string[]) {
    this.#world = world;
    this.#names = names;
    world.network.tap((crossing) => this.#crossing(crossing));
    world.watch({
      event: (host, event) => this.#event(host.name, event),
      protocol: (id, event) => this.#protocol(id.split('#', 1)[0] ?? id, event),
      note: (text) => this.#push(undefined, `── ${text} ──`),
    });
  }

  /** With a head that names the columns. */
  text(extract: Extract): string {
    const { rowsMax } = extract;
    const begin = extract.type === 'from' ? this.#rows.findIndex(({ atMs }) => atMs >= extract.atMs) : 0;
    const after = begin < 0 ? [] : this.#rows.slice(begin);
    const size = rowsMax === 0 ? after.length : rowsMax;
    const rows = extract.type === 'from' ? after.slice(0, size) : after.slice(-size);
    const first = rows[0] === undefined ? this.#rows.length : this.#rows.indexOf(rows[0]);
    const names = this.#names.map((name) => name.padEnd(columnWidth)).join('');
    return [
      `${'ms'.padStart(timeWidth - 2)}  ${names}what happens`,
      ...omitted(first, 'before'),
      ...rows.map(drawnRow),
      ...omitted(this.#rows.length - first - rows.length, 'after'),
    ].join('\n');
  }

  #crossing(crossing: Crossing): void {
    const { number, from, to, bytes, destination } = crossing;
    const ends = { startAt: this.#columnOf(from), targetAt: this.#columnOf(to), number };
    const isForged = from === attackerName;
    if (crossing.type === 'arrived') {
      const endMark = to === undefined ? undefined : '●';
      const arrow: Arrow = { ...ends, line: '╌', mark: undefined, startMark: '│', endMark };
      const text = to === undefined ? `nobody at ${keyOf(destination)}` : '';
      if (isForged) this.#pushFlood(`arrived ${to}`, arrow, text);
      else this.#push(arrow, text);
      return;
    }
    const { mark, fate } = drawnFate(crossing.verdict);
    const arrow: Arrow = { ...ends, line: '─', mark, startMark: '●', endMark: undefined };
    if (isForged) {
      this.#pushFlood(`sent ${to} ${fate}`, arrow, `forged or replayed, to ${to ?? 'nobody'}${fate}`);
      return;
    }
    const described = this.#described.get(from)?.shift();
    const what = described?.bytes === bytes.length ? described.text : handshakeWords(bytes[0] ?? 0);
    this.#push(arrow, `${bytes.length} B ${what}${fate}`);
  }

  #event(name: string, event: SingleEvent): void {
    const text = toldOf(event);
    if (text !== undefined) this.#tell(name, '◆', text);
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
        return this.#tell(name, '○', `handshake ${event.role} ${event.step} ${keyOf(event.address)}`);
      case 'packet-lost':
        return this.#tell(name, '○', `p${event.packetNumber} is taken for lost`);
      case 'session':
        return this.#tell(name, '○', `session ${event.session.toString(16)} ${event.step}`);
      case 'path':
        return this.#tell(name, '○', `path ${event.step} ${keyOf(event.address)}`);
      case 'datagram-dropped': {
        const columns = this.#columns(name, '○');
        const text = `${name}: drops a datagram: ${event.reason}`;
        return this.#pushFlood(`${name} dropped ${event.reason}`, undefined, text, columns);
      }
      case 'packet-received':
        return;
    }
  }

  #tell(name: string, mark: string, text: string): void {
    this.#push(undefined, `${name}: ${text}`, this.#columns(name, mark));
  }

  #push(arrow: Arrow | undefined, text: string, columns = this.#columns()): Row {
    this.#floods.clear();
    const row: Row = { atMs: this.#world.elapsedMs, columns, arrow, text, count: 1 };
    this.#rows.push(row);
    return row;
  }

  /** Counts in the row of its kind, if nothing but a flood has happened since. */
  #pushFlood(kind: string, arrow: Arrow | undefined, text: string, columns?: readonly string[]): void {
    const row = this.#floods.get(kind);
    if (row !== undefined) {
      row.count++;
      return;
    }
    const floods = [...this.#floods];
    const added = this.#push(arrow, text, columns);
    for (const [known, flood] of floods) this.#floods.set(known, flood);
    this.#floods.set(kind, added);
  }

  /** Whoever has no column stands beyond the last one. */
  #columnOf(name: string | undefined): number {
    const column = name === undefined ? -1 : this.#names.indexOf(name);
    return column < 0 ? this.#names.length * columnWidth - columnWidth / 2 : column * columnWidth;
  }

  #columns(marked?: string, mark = ''): readonly string[] {
    const columns = Array.from({ length: this.#names.length * columnWidth }, () => ' ');
    for (const [index, name] of this.#names.entries()) {
      const isThere = name === attackerName || this.#world.host(name) !== undefined;
      columns[index * columnWidth] = name === marked ? mark : isThere ? '│' : '┊';
    }
    return columns;
  }
}

function omitted(count: number, where: 'before' | 'after'): readonly string[] {
  return count === 0 ? [] : [`(${count.toLocaleString('en')} rows ${where})`];
}

function drawnRow({ atMs, columns, arrow, text, count }: Row): string {
  const drawn = arrow === undefined ? columns : withArrow(columns, arrow, count);
  const times = count > 1 && arrow === undefined ? `×${count} ` : '';
  const whole = `${times}${text}`;
  const shown = whole.length > textMaxLength ? `${whole.slice(0, textMaxLength)}…` : whole;
  return `${atMs.toFixed(3).padStart(timeWidth - 2)}  ${drawn.join('')}${shown}`.trimEnd();
}

function withArrow(columns: readonly string[], arrow: Arrow, count: number): readonly string[] {
  const { startAt, targetAt, line, mark, startMark, endMark } = arrow;
  const drawn = [...columns];
  const [left, right] = startAt < targetAt ? [startAt, targetAt] : [targetAt, startAt];
  for (let at = left + 1; at < right; at++) drawn[at] = line;
  if (startAt < targetAt) drawn[right - 1] = mark ?? '▶';
  else drawn[left + 1] = mark ?? '◀';
  drawn[startAt] = startMark;
  if (endMark !== undefined) drawn[targetAt] = endMark;
  const label = count > 1 ? `×${count}` : `#${arrow.number}`;
  const labelAt = Math.floor((left + right - label.length) / 2) + 1;
  for (let at = 0; at < label.length; at++) drawn[labelAt + at] = label.charAt(at);
  return drawn;
}

function drawnFate(verdict: DatagramVerdict | undefined): {
  readonly mark: string | undefined;
  readonly fate: string;
} {
  if (verdict === undefined) return { mark: '✕', fate: ' (nobody there)' };
  if (verdict.type === 'dropped') return { mark: '✕', fate: ` (${verdict.cause})` };
  if (verdict.duplicated) return { mark: '⑂', fate: ' (twice)' };
  if (verdict.corrupted) return { mark: '≈', fate: ' (corrupted)' };
  if (verdict.held) return { mark: '↷', fate: ' (held back)' };
  return { mark: undefined, fate: '' };
}

/** By the first byte, as the specification has it. */
function handshakeWords(type: number): string {
  if (type >= 1 && type <= 3) return `handshake message ${type}`;
  return type === 4 ? 'cookie' : `type ${type}`;
}

function toldOf(event: SingleEvent): string | undefined {
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
    case 'pinned':
    case 'forgotten':
    case 'renamed':
    case 'peer-renamed':
    case 'trace':
    case 'sent':
    case 'status':
      return undefined;
  }
}
