import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, jest, test } from '@jest/globals';
import type { Event } from '../../../src/kernel/contract.ts';
import { openNetwork } from '../../../src/runtime/network.ts';
import { openTincan } from '../../../src/runtime/open/tincan.ts';
import { Store } from '../../../src/store/store.ts';
import { untilTrue } from '../../support/wait.ts';

test.each([
  { isPowerSafe: true, mode: 'FULL' },
  { isPowerSafe: false, mode: 'NORMAL' },
])(
  'that commits wait for the disk, or not, reaches the connection that commits: %j',
  async ({ isPowerSafe, mode }) => {
    const stateDirectory = mkdtempSync(join(tmpdir(), 'tincan-test-'));
    const identity = new Uint8Array(32).fill(1);
    const exec = jest.spyOn(DatabaseSync.prototype, 'exec');
    try {
      using _ = Store.open(stateDirectory, () => identity);
      exec.mockClear();
      const bind = { host: '127.0.0.1', port: 0 };
      const settings = {
        name: 'alice',
        bind,
        peers: [],
        wire: 'tincan',
        identity,
        stateDirectory,
        isPowerSafe,
      } as const;
      const running = await openTincan(settings, () => {});
      await running.stop();
      // A closed connection says nothing any more.
      const modes = exec.mock.calls.map(([sql]) => sql).filter((sql) => sql.includes('synchronous'));
      expect(modes).toEqual([`PRAGMA synchronous = ${mode}`]);
    } finally {
      exec.mockRestore();
      rmSync(stateDirectory, { recursive: true, force: true });
    }
  },
);

test('that a line is undelivered is told again in each next life, until its face has written that', async () => {
  const stateDirectory = mkdtempSync(join(tmpdir(), 'tincan-test-'));
  const identity = new Uint8Array(32).fill(1);
  const bind = { host: '127.0.0.1', port: 0 };
  const settings = { name: 'alice', bind, peers: [], wire: 'tincan', identity, stateDirectory } as const;
  /** `says`: lines that nobody is there to hear. What is told of them, and of those of earlier lives. */
  const life = async (
    says: readonly string[],
    told: number,
    reportsWritten: number,
  ): Promise<readonly Event[]> => {
    using store = Store.open(stateDirectory, () => identity);
    const events: Event[] = [];
    const network = await openNetwork(settings, {
      onEvents: (batch) => events.push(...batch),
      onEnd: () => {},
    });
    network.commands(says.map((text) => ({ type: 'say', text, ref: text })));
    const undelivered = (): readonly Event[] => events.filter(({ type }) => type === 'undelivered');
    await untilTrue(`${told} reports`, () => undelivered().length >= told);
    expect(events[0]?.type).toBe('ready');
    store.reportsTold(reportsWritten);
    // No goodbye: the process is killed.
    await network.stop();
    return undelivered();
  };
  try {
    const [first, second] = ['a', 'b'].map((ref, index) => {
      return { type: 'undelivered', ref, seq: index + 1, to: undefined, reason: 'nobody is here' };
    });
    expect(await life(['a', 'b'], 2, 0)).toEqual([first, second]);
    const again = [
      { ...first, again: true },
      { ...second, again: true },
    ];
    expect(await life([], 2, 1)).toEqual(again);
    const third = { ...second, ref: 'c', seq: 3 };
    expect(await life(['c'], 2, 2)).toEqual([again[1], third]);
    expect(await life(['d'], 1, 0)).toEqual([{ ...third, ref: 'd', seq: 4 }]);
  } finally {
    rmSync(stateDirectory, { recursive: true, force: true });
  }
});
