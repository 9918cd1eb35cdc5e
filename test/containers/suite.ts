/**
 * A suite that needs containers.
 *
 * Owns: what it needs, and the check that a suite leaves nothing behind.
 */
import { afterAll, beforeAll, expect } from '@jest/globals';
import { describeUnless } from '../support/needs.ts';
import { leftovers, sweep } from './cleanup.ts';
import { docker } from './engine.ts';

/** A suite that needs containers, and leaves none behind. On a machine without an engine or image: see `describeUnless`. */
export async function describeWithImages(
  name: string,
  images: readonly string[],
  suite: () => void,
): Promise<void> {
  describeUnless(await whatIsMissing(images), name, () => {
    beforeAll(sweep);
    suite();
    afterAll(async () => {
      expect(await leftovers()).toEqual([]);
    });
  });
}

/** Why these images can't be run here; undefined: they can. */
export async function whatIsMissing(images: readonly string[]): Promise<string | undefined> {
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
