import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, jest, test } from '@jest/globals';
import { openTincan } from '../../../src/runtime/open/tincan.ts';
import { Store } from '../../../src/store/store.ts';

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
