/**
 * A disk that loses power: what a SQLite file in WAL mode is then, commit by commit.
 *
 * A commit appends its pages to the log file, each with a checksum over all before it, and the next opening reads up to the last
 * commit that is whole. So a commit is there or not, a torn one is not, and what is missing are the last ones: never one in
 * between, never a part of one. With `synchronous = FULL` each commit has reached the disk before it returns; with `NORMAL` those
 * since the last checkpoint may not have. A process that dies takes none along, as the operating system has them.
 *
 * Owns: which commits a power cut takes, and what an older copy of the directory holds.
 */
import type { Changes } from '../../src/kernel/kept.ts';
import type { Random } from '../../src/relay/model/random.ts';
import { KeptInMemory } from '../support/kept-in-memory.ts';

/** Commits since the last checkpoint, at most: the real store's are some hundreds, and as good as ten to find a fault with. */
const unsyncedMax = 10;

/** `Mark`: what somebody outside knows of the node by what it was told up to then. */
interface Before<Mark> {
  readonly kept: KeptInMemory;
  readonly mark: Mark;
}

export class Disk<Mark> extends KeptInMemory {
  readonly #mark: () => Mark;
  /** As it was before each commit of this log, oldest first. */
  readonly #before: Before<Mark>[] = [];
  /** Of these commits, the last so many may not have reached the disk. */
  #unsynced = 0;

  /** `mark` is taken just before each commit: all that was told by then follows from the commits before. */
  constructor(mark: () => Mark) {
    super();
    this.#mark = mark;
  }

  override commit(changes: Changes): void {
    this.#before.push({ kept: this.copy(), mark: this.#mark() });
    this.#unsynced = Math.min(unsyncedMax, this.#unsynced + 1);
    super.commit(changes);
  }

  /** The real store waits for the disk here, so that no power cut brings the old log back. A copy that does is an alarm: no promise. */
  override renewLog(id: Uint8Array): void {
    super.renewLog(id);
    this.#before.length = 0;
    this.#unsynced = 0;
  }

  /** The power fails: the last commits may be gone. Gives the mark of what is left; undefined: all is there. */
  losePower(random: Random): Mark | undefined {
    return this.#goBack(random.integer(0, this.#unsynced));
  }

  /** Somebody puts an older copy of the directory in its place. */
  restoreCopy(random: Random): Mark | undefined {
    return this.#goBack(random.integer(0, this.#before.length));
  }

  #goBack(commits: number): Mark | undefined {
    this.#unsynced = Math.max(0, this.#unsynced - commits);
    const [before] = this.#before.splice(this.#before.length - commits);
    if (before === undefined) return undefined;
    this.take(before.kept);
    return before.mark;
  }
}
