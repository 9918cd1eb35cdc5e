/** The terminal writes control sequences of its own: none of anybody else's gets among them. */
import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { eventsWith } from '../events.ts';
import { TerminalBench, paste } from './terminal-bench.ts';

test('while nobody is there, no event brings a control character but the newline at its end', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary' }), async (text) => {
      const bench = await TerminalBench.start({ columns: 0 });
      for (const event of eventsWith(text)) {
        const written = await bench.show(event);
        expect(written.replaceAll(/[\t\n]/gu, '')).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u);
      }
      await bench.face.stop();
    }),
    { numRuns: 25 },
  );
});

/** What the face itself never sends, in any state. */
const FOREIGN = new RegExp(
  String.raw`[\u0000-\u0007\u000E-\u001A\u001C-\u001F\u007F-\u009F]` +
    String.raw`|\u001B(?:[\]P_^Xc#()\\]|\[(?:[0-9;]*[nctS]|\?(?:1049|47|1000)))`,
  'u',
);
const EVILS = [
  '\u001B]0;owned\u0007',
  '\u001BP$q"p',
  '\u001B\\',
  '\u001Bc',
  '\u001B[6n',
  '\u001B[c',
  '\u001B[?1049h',
  '\u009B2J',
  '\u009D0;x\u009C',
  '\u000E',
  '\u0085',
  '\u007F',
];
const EVIL = EVILS.join('');

test.each([true, false])(
  'in front of a person, with colour %s, no event, name in the prompt or pasted text brings a control of its own',
  async (color) => {
    const bench = await TerminalBench.start({ color });
    let written = await bench.show(...eventsWith(EVIL));
    written += await bench.type(paste(EVIL));
    written += await bench.type('\r');
    for (const command of ['/peers', '/stats', '/history', '/msg', '/nick', '/me', '/nothing']) {
      written += await bench.type(`${command} `);
      written += await bench.type(paste(EVIL));
      written += await bench.type('\t\r');
      written += await bench.show(...eventsWith(EVIL).filter(({ type }) => type === 'status'));
    }
    await bench.face.stop();
    written += bench.stdout.text;
    expect(FOREIGN.exec(written)).toBeNull();
    expect(written).toContain('\u241B]0;owned\u2407');
  },
);

test('the check for foreign controls sees what it looks for', () => {
  for (const evil of EVILS) expect(evil).toMatch(FOREIGN);
});
