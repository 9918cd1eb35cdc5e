import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { type Run, Screen } from '../support/screen.ts';
import { Compositor, formatCast, parseCast } from './cast.ts';
import { PANE, PANES, STAGE } from './stage.ts';
import { renderSvg } from './svg.ts';

const read = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8');

/** A picture that opens a README should not be what one waits for. */
const PICTURE_MAX_BYTES = 300_000;

test('the picture in the README is what its recording shows, and is not large', async () => {
  const picture = await renderSvg(parseCast(read('session.cast')));
  expect(picture).toBe(read('session.svg'));
  expect(Buffer.byteLength(picture)).toBeLessThan(PICTURE_MAX_BYTES);
});

test('at the end of the recording each has every line of the other, and every receipt', async () => {
  const { columns, rows, events } = parseCast(read('session.cast'));
  const screen = new Screen({ columns, rows });
  let all = '';
  for (const { output } of events) {
    screen.write(output);
    all += `${(await screen.rows()).join('\n')}\n`;
  }
  const seen = (pattern: string): RegExp => new RegExp(pattern, 'u');
  expect(all).toMatch(seen('✓✓ alice: still there\\?'));
  expect(all).toMatch(seen('✓✓ bob: it got very quiet here'));
  expect(all).toMatch(seen(' ✓ alice: still there\\?'));
  expect((await screen.rows()).join('\n')).not.toMatch(/[·✗] (?:alice|bob):/u);
});

test('a recording is read back as it was written', () => {
  const cast = { columns: 3, rows: 2, events: [{ atMs: 1500, output: '\u001B[H漢"\n' }] };
  expect(parseCast(formatCast(cast, 'a title'))).toEqual(cast);
});

test.each(['{}', '{"version":1}', '{"version":2,"width":1,"height":1}\n[1,"i","x"]'])(
  'what is no recording of ours is refused: %j',
  (text) => {
    expect(() => parseCast(text)).toThrow(/^no (?:asciicast|event)/u);
  },
);

test('two windows in one terminal stand side by side, and only what has changed is written', async () => {
  const stage = new Screen(STAGE);
  const left = new Compositor(PANES.alice, PANE.columns);
  const right = new Compositor(PANES.bob, PANE.columns);
  const run = (text: string): Run => ({
    text,
    column: 1,
    width: text.length,
    style: { color: 31, isDim: false, isBold: false, isInverse: false },
  });
  stage.write(left.draw([[run('one')], [run('two')]]) + right.draw([[run('three')]]));
  expect((await stage.rows()).slice(0, 2)).toEqual([` one${' '.repeat(PANES.bob.column - 3)}three`, ' two']);
  expect(left.draw([[run('one')], [run('two')]])).toBe('');
  stage.write(left.draw([[run('1')], [run('two')]]));
  expect((await stage.rows())[0]).toBe(` 1${' '.repeat(PANES.bob.column - 1)}three`);
  const [first] = await stage.runs();
  expect(first?.find(({ text }) => text === '1')?.style.color).toBe(31);
});
