/**
 * Which first messages of handshakes this node has sent or received, on disk: 16 bytes for each, one after the other.
 *
 * Owns: two files, of which the newer one grows; when it is full it takes the place of the older one, so that both stay small. A
 * record is with the kernel before its message is answered: the death of the process loses none, a power cut may lose the last.
 */
import { appendFileSync, readFileSync, renameSync, truncateSync } from 'node:fs';
import { privateFile } from './directory.ts';
import { seenInitBytes, seenInitsPerFile } from './limits.ts';

const fileName = 'seen-handshakes';

export class SeenInitsFile {
  /** What earlier runs have kept, the oldest first. */
  known: readonly Uint8Array[] = [];
  #newer = '';
  #older = '';
  readonly #onProblem: (reason: string) => void;
  #records = 0;
  #hasFailed = false;

  /** `onProblem`: is told once why something could not be read or kept; the chat goes on without. */
  constructor(directory: string, onProblem: (reason: string) => void) {
    this.#onProblem = onProblem;
    this.#try(() => {
      this.#newer = privateFile(directory, fileName).path;
      this.#older = privateFile(directory, `${fileName}.old`).path;
      const [older, newer] = [readRecords(this.#older), readRecords(this.#newer)];
      this.known = [...older, ...newer];
      this.#records = newer.length;
    });
  }

  keep(record: Uint8Array): void {
    this.#try(() => {
      if (this.#records >= seenInitsPerFile) {
        renameSync(this.#newer, this.#older);
        this.#records = 0;
      }
      appendFileSync(this.#newer, record, { mode: 0o600 });
      this.#records += 1;
    });
  }

  #try(act: () => void): void {
    try {
      act();
    } catch (error) {
      if (!this.#hasFailed) this.#onProblem(Error.isError(error) ? error.message : String(error));
      this.#hasFailed = true;
    }
  }
}

/** A record that a power cut has cut short is removed, so that the next one starts where a record starts. */
function readRecords(path: string): readonly Uint8Array[] {
  const bytes = Uint8Array.from(readFileSync(path));
  const count = Math.floor(bytes.length / seenInitBytes);
  if (bytes.length > count * seenInitBytes) truncateSync(path, count * seenInitBytes);
  return Array.from({ length: count }, (_, index) =>
    bytes.slice(index * seenInitBytes, (index + 1) * seenInitBytes),
  );
}
