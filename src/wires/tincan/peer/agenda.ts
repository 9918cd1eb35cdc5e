/**
 * Which of many have something to do: now, as something has happened to them, or at a time of their own. So the work for one
 * input does not grow with how many there are.
 *
 * Owns: the queue of their deadlines, and the order in which several take their turns: that in which they were first stirred.
 */

interface Entry<Item> {
  readonly item: Item;
  readonly turn: number;
  at: number;
}

export class Agenda<Item> {
  readonly #deadlineOf: (item: Item) => number | undefined;
  readonly #entries = new Map<Item, Entry<Item>>();
  /** By deadline, then by turn. */
  readonly #queue: Entry<Item>[] = [];
  readonly #stirred = new Set<Entry<Item>>();
  /** Entries whose deadline may have changed since it was last asked for. */
  readonly #changed = new Set<Entry<Item>>();
  #turns = 0;
  #isPressed = false;

  constructor(deadlineOf: (item: Item) => number | undefined) {
    this.#deadlineOf = deadlineOf;
  }

  /** Something has happened to the item: its deadline may have changed, and it wants a turn. */
  stir(item: Item): void {
    const entry = this.#entries.get(item) ?? this.#enter(item);
    this.#stirred.add(entry);
    this.#changed.add(entry);
  }

  /** One of those that were stirred can't wait for its turn until others have been. */
  press(): void {
    this.#isPressed = true;
  }

  /** Whether that is so, until the stirred take their turns. */
  get isPressed(): boolean {
    return this.#isPressed;
  }

  forget(item: Item): void {
    const entry = this.#entries.get(item);
    if (entry === undefined) return;
    this.#entries.delete(item);
    this.#stirred.delete(entry);
    this.#changed.delete(entry);
    this.#queue.splice(this.#placeOf(entry), 1);
  }

  /** The earliest deadline. */
  get deadline(): number | undefined {
    this.#schedule();
    const at = this.#queue[0]?.at;
    return at === Number.POSITIVE_INFINITY ? undefined : at;
  }

  /** The items whose time has come. They are stirred, too. */
  due(now: number): readonly Item[] {
    this.#schedule();
    if ((this.#queue[0]?.at ?? Number.POSITIVE_INFINITY) > now) return [];
    const later = this.#queue.findIndex(({ at }) => at > now);
    const due = inTurn(later < 0 ? this.#queue : this.#queue.slice(0, later));
    for (const item of due) this.stir(item);
    return due;
  }

  /** The items that were stirred, each once. What the caller does with an item may change its deadline. */
  takeStirred(): readonly Item[] {
    this.#isPressed = false;
    if (this.#stirred.size === 0) return [];
    for (const entry of this.#stirred) this.#changed.add(entry);
    const taken = inTurn([...this.#stirred]);
    this.#stirred.clear();
    return taken;
  }

  #enter(item: Item): Entry<Item> {
    const entry = { item, turn: this.#turns, at: Number.POSITIVE_INFINITY };
    this.#turns += 1;
    this.#entries.set(item, entry);
    this.#queue.push(entry);
    return entry;
  }

  #schedule(): void {
    if (this.#changed.size === 0) return;
    for (const entry of this.#changed) {
      const at = this.#deadlineOf(entry.item) ?? Number.POSITIVE_INFINITY;
      if (at === entry.at) continue;
      this.#queue.splice(this.#placeOf(entry), 1);
      entry.at = at;
      this.#queue.splice(this.#placeOf(entry), 0, entry);
    }
    this.#changed.clear();
  }

  /** Where in the queue the entry stands, or is to stand. */
  #placeOf({ at, turn }: Entry<Item>): number {
    let low = 0;
    let high = this.#queue.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.#queue[middle];
      const isBefore = other !== undefined && (other.at < at || (other.at === at && other.turn < turn));
      if (isBefore) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function inTurn<Item>(entries: readonly Entry<Item>[]): readonly Item[] {
  return entries.toSorted((left, right) => left.turn - right.turn).map(({ item }) => item);
}
