import { expect, test } from '@jest/globals';
import { bannerLines } from '../../../src/ui/terminal/banner.ts';

test('the banner is drawn in letters of several rows, within the width', async () => {
  const lines = await bannerLines(80);
  expect(lines.length).toBeGreaterThan(3);
  for (const line of lines) expect(line).toMatch(/^[ -~]{1,80}$/u);
});

test('where the letters of the banner do not fit, the word stands alone', async () => {
  expect(await bannerLines(20)).toEqual(['tincan']);
});
