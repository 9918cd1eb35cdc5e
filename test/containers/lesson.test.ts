/** `npm run lab:lesson`, from its first word to its last, without anybody who presses Enter. */
import { expect, test } from '@jest/globals';
import { NODE_IMAGE } from './engine.ts';
import { lesson } from './lesson.ts';
import { describeWithImages } from './suite.ts';

await describeWithImages('the lesson', [NODE_IMAGE], () => {
  test('each step of the lesson shows what its words say, and waits for the reader in between', async () => {
    const told: string[] = [];
    let pauses = 0;
    await lesson({
      tell: (text) => told.push(text),
      pause: async () => {
        pauses += 1;
      },
    });
    expect(pauses).toBe(4);
    const text = told.join('\n');
    expect(text).toContain('8 of 20 lines are missing, and alice was told of 0 of them.');
    expect(text).toContain('Bob heard 20 of 20 lines, in order, each once.');
    expect(text).toMatch(/line 4 ──✕ +packet \d+ +line/u);
    expect(text).toMatch(/line \d+ again: packet \d+ was lost/u);
    expect(text).toMatch(/cut for 5\.\d s; bob heard the three lines by [5-9]\.\d s, in order:/u);
    expect(text).toContain('5 from alice');
    for (const step of ['1. THE', '2. THE', '3. THE', '4. THE']) expect(text).toContain(step);
  });
});
