/** What nodes that keep their log promise over all their lives, whoever is killed when. */
import { expect, test } from '@jest/globals';
import { runLives } from './lives.ts';

const seedsKept = 40;
const seedsFresh = 20;

function broken(seeds: readonly number[]): readonly string[] {
  return seeds.flatMap((seed) => {
    try {
      runLives(seed);
      return [];
    } catch (error) {
      return [`seed ${seed}: ${Error.isError(error) ? error.message : String(error)}`];
    }
  });
}

test('over all lives each line is given once and in order, and again only where it is marked', () => {
  expect(broken(Array.from({ length: seedsKept }, (_, index) => index + 1))).toEqual([]);
});

test('so it is with seeds that nobody has seen', () => {
  const from = Math.floor(Math.random() * 1_000_000);
  expect(broken(Array.from({ length: seedsFresh }, (_, index) => from + index))).toEqual([]);
});
