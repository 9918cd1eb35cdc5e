/**
 * A suite that needs containers: run where it can be, and never quietly not.
 *
 * Owns: the reason for a skip, and the check that a suite leaves nothing behind.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { leftovers, sweep } from './cleanup.ts';
import { docker } from './engine.ts';

/**
 * A suite that needs containers. On a machine without an engine or image its tests are skipped, and the reason stands in
 * the name; in CI that is a failure, since a suite that never runs proves nothing.
 */
export async function describeWithImages(
  name: string,
  images: readonly string[],
  suite: () => void,
): Promise<void> {
  const lack = await whatIsMissing(images);
  if (lack === undefined) {
    describe(name, () => {
      beforeAll(sweep);
      suite();
      afterAll(async () => {
        expect(await leftovers()).toEqual([]);
      });
    });
  } else if (process.env['CI'] === 'true') {
    test(`${name}: this machine can run it`, () => {
      throw new Error(lack);
    });
  } else {
    // Not a disabled test: it runs wherever it can, and says here why it can't.
    describe.skip(`${name} (skipped: ${lack})`, suite);
  }
}

async function whatIsMissing(images: readonly string[]): Promise<string | undefined> {
  try {
    await docker.ping();
  } catch {
    return 'no container engine answers; docker/setup.sh gets one';
  }
  for (const image of images) {
    try {
      await docker.getImage(image).inspect();
    } catch {
      return `there is no image ${image}; docker/setup.sh builds it`;
    }
  }
  return undefined;
}
