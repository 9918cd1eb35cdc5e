/**
 * Which of many have something to do: now, as something has happened to them, or at a time of their own. So the work for one
 * input does not grow with how many there are.
 *
 * Owns: a heap by deadline, and the order in which several take their turns: that in which they were first stirred.
 */

interface Entry<Item> {
  readonly item: Item;
  readonly turn: number;
  at: number;
  slot: number;
}

export class Agenda<Item> {
  readonly #deadlineOf: (item: Item) => number | undefined;
  readonly #entries = new Map<Item, Entry<Item>>();
  /** A binary heap: the entry in slot n is no later than those in slots 2n + 1 and 2n + 2. */
  readonly #heap: Entry<Item>[] = [];
  readonly #stirred = new Set<Entry<Item>>();
  /** Entries whose deadline may have changed since it was last asked for. */
  readonly #changed = new Set<Entry<Item>>();
  #turns = 0;

  constructor(deadlineOf: (item: Item) => number | undefined) {
    this.#deadlineOf = deadlineOf;
  }

  /** Something has happened to the item: its deadline may have changed, and it wants a turn. */
  stir(item: Item): void {
    const entry = this.#entries.get(item) ?? this.#enter(item);
    this.#stirred.add(entry);
    this.#changed.add(entry);
  }

  forget(item: Item): void {
    const entry = this.#entries.get(item);
    if (entry === undefined) return;
    this.#entries.delete(item);
    this.#stirred.delete(entry);
    this.#changed.delete(entry);
    const last = this.#heap.pop();
    if (last === undefined || last === entry) return;
    last.slot = entry.slot;
    this.#place(last);
  }

  /** The earliest deadline. */
  get deadline(): number | undefined {
    this.#schedule();
    const at = this.#heap[0]?.at;
    return at === Number.POSITIVE_INFINITY ? undefined : at;
  }

  /** The items whose time has come. They are stirred, too. */
  due(now: number): readonly Item[] {
    this.#schedule();
    const found: Entry<Item>[] = [];
    this.#collect(now, 0, found);
    for (const { item } of found) this.stir(item);
    return inTurn(found);
  }

  /** The items that were stirred, each once. What the caller does with an item may change its deadline. */
  takeStirred(): readonly Item[] {
    if (this.#stirred.size === 0) return [];
    for (const entry of this.#stirred) this.#changed.add(entry);
    const taken = inTurn([...this.#stirred]);
    this.#stirred.clear();
    return taken;
  }

  #enter(item: Item): Entry<Item> {
    const entry = { item, turn: this.#turns, at: Number.POSITIVE_INFINITY, slot: this.#heap.length };
    this.#turns += 1;
    this.#entries.set(item, entry);
    this.#heap.push(entry);
    return entry;
  }

  #schedule(): void {
    for (const entry of this.#changed) {
      entry.at = this.#deadlineOf(entry.item) ?? Number.POSITIVE_INFINITY;
      this.#place(entry);
    }
    this.#changed.clear();
  }

  #collect(now: number, slot: number, found: Entry<Item>[]): void {
    const entry = this.#heap[slot];
    if (entry === undefined || entry.at > now) return;
    found.push(entry);
    this.#collect(now, 2 * slot + 1, found);
    this.#collect(now, 2 * slot + 2, found);
  }

  /** Moves the entry up or down from its slot until the heap is in order again. */
  #place(entry: Entry<Item>): void {
    let parent = this.#parentOf(entry);
    while (parent !== undefined && parent.at > entry.at) {
      this.#swapInto(parent, entry);
      parent = this.#parentOf(entry);
    }
    let child = this.#earlierChildOf(entry);
    while (child !== undefined && child.at < entry.at) {
      this.#swapInto(child, entry);
      child = this.#earlierChildOf(entry);
    }
    this.#heap[entry.slot] = entry;
  }

  #swapInto(other: Entry<Item>, entry: Entry<Item>): void {
    const { slot } = other;
    other.slot = entry.slot;
    entry.slot = slot;
    this.#heap[other.slot] = other;
    this.#heap[slot] = entry;
  }

  #parentOf({ slot }: Entry<Item>): Entry<Item> | undefined {
    return slot === 0 ? undefined : this.#heap[(slot - 1) >> 1];
  }

  #earlierChildOf({ slot }: Entry<Item>): Entry<Item> | undefined {
    const [left, right] = [this.#heap[2 * slot + 1], this.#heap[2 * slot + 2]];
    return right !== undefined && left !== undefined && right.at < left.at ? right : left;
  }
}

function inTurn<Item>(entries: readonly Entry<Item>[]): readonly Item[] {
  return entries.toSorted((left, right) => left.turn - right.turn).map(({ item }) => item);
}
