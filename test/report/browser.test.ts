import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { describeUnless } from '../support/needs.ts';
import { findBrowser, howToGetABrowser, startBrowser } from './browser.ts';
import { fixtureCaptures, fixtureResults } from './fixture.ts';
import { hostile } from './hostile.ts';
import { junitXml } from './junit.ts';
import { renderReport } from './page.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const desktop = { width: 1_280, height: 900 };
const phone = { width: 360, height: 740 };
const executablePath = findBrowser();

describeUnless(executablePath === undefined ? howToGetABrowser : undefined, 'The report in a browser', () => {
  let directory: string;
  let browser: Browser;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tincan-report-'));
    browser = await startBrowser(executablePath ?? '');
    await writeFile(join(directory, 'report.html'), renderReport(fixtureResults(), fixtureCaptures()));
    await writeFile(
      join(directory, 'hostile.html'),
      renderReport(hostile(fixtureResults()), fixtureCaptures()),
    );
  });

  afterAll(async () => {
    await browser.close();
    await rm(directory, { recursive: true });
  });

  /** A reader with the page before them, and everything that the page did besides standing there. */
  async function open(
    options: BrowserContextOptions = {},
    file = 'report.html',
  ): Promise<AsyncDisposable & { readonly page: Page; readonly did: readonly string[] }> {
    const context = await browser.newContext({ viewport: desktop, ...options });
    const page = await context.newPage();
    const did: string[] = [];
    const url = pathToFileURL(join(directory, file)).href;
    page.on('console', (message) => did.push(`console: ${message.text()}`));
    page.on('pageerror', (error) => did.push(`error: ${error.message}`));
    page.on('request', (request) => {
      if (request.url() !== url && !request.url().startsWith('data:')) did.push(`request: ${request.url()}`);
    });
    await page.goto(url);
    return { page, did, [Symbol.asyncDispose]: async () => context.close() };
  }

  async function unfoldAll(page: Page): Promise<void> {
    await page.evaluate('for (const fold of document.querySelectorAll("details")) fold.open = true');
  }

  test('the page opens without a word on the console and without a request', async () => {
    await using reader = await open();
    await unfoldAll(reader.page);
    expect(await reader.page.locator('h1').innerText()).toBe('1 of 7 cases failed, 1 proved nothing');
    expect(reader.did).toEqual([]);
  });

  test.each([
    ['light', 'desktop', desktop],
    ['dark', 'phone', phone],
  ] as const)('axe finds nothing serious: %s, %s', async (colorScheme, _device, viewport) => {
    await using reader = await open({ colorScheme, viewport });
    await unfoldAll(reader.page);
    await reader.page.evaluate(axe);
    const found: readonly {
      readonly id: string;
      readonly impact: string;
      readonly where: readonly string[];
    }[] = await reader.page.evaluate(
      'axe.run().then(({ violations }) => violations.map(({ id, impact, nodes }) => ({ id, impact, where: nodes.map(({ html }) => html.slice(0, 200)) })))',
    );
    expect(found.filter(({ impact }) => impact === 'serious' || impact === 'critical')).toEqual([]);
  });

  test.each([phone, { width: 320, height: 640 }, desktop])(
    'the page never scrolls sideways at $width px; what is wide scrolls in its box',
    async (viewport) => {
      await using reader = await open({ viewport });
      await unfoldAll(reader.page);
      expect(await reader.page.evaluate('document.documentElement.scrollWidth')).toBe(viewport.width);
    },
  );

  test('on a phone a chart stays large enough to be read, and says that it scrolls', async () => {
    await using reader = await open({ viewport: phone });
    await unfoldAll(reader.page);
    const boxes: readonly { readonly letterPx: number; readonly hidesPx: number; readonly hint: string }[] =
      await reader.page
        .evaluate(`[...document.querySelectorAll('.scroll:has(.space-time, .chart)')].map((box) => {
        const svg = box.querySelector('svg');
        const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
        return {
          letterPx: scale * parseFloat(getComputedStyle(svg.querySelector('text')).fontSize),
          hidesPx: box.scrollWidth - box.clientWidth,
          hint: getComputedStyle(box, '::before').content,
        };
      })`);
    expect(boxes.length).toBeGreaterThan(15);
    for (const { letterPx, hidesPx, hint } of boxes) {
      expect(letterPx).toBeGreaterThan(10);
      expect(hidesPx).toBeGreaterThan(0);
      expect(hint).toContain('scroll sideways');
    }
  });

  test('drawings and charts hold all of their labels', async () => {
    await using reader = await open();
    await unfoldAll(reader.page);
    const drawn: { readonly texts: number; readonly outside: readonly string[] } = await reader.page
      .evaluate(`(() => {
      const outside = [];
      let texts = 0;
      for (const svg of document.querySelectorAll('.space-time, .chart svg')) {
        const box = svg.getBoundingClientRect();
        for (const text of svg.querySelectorAll('text')) {
          const { left, right, top, bottom } = text.getBoundingClientRect();
          texts++;
          if (left < box.left - 1 || right > box.right + 1 || top < box.top - 1 || bottom > box.bottom + 1)
            outside.push(text.textContent);
        }
      }
      return { texts, outside };
    })()`);
    expect(drawn.outside).toEqual([]);
    expect(drawn.texts).toBeGreaterThan(300);
  });

  test('no label of a drawing or chart covers another one', async () => {
    await using reader = await open();
    await unfoldAll(reader.page);
    const covered: readonly string[] = await reader.page.evaluate(`(() => {
      const covered = [];
      for (const svg of document.querySelectorAll('.space-time, .chart svg')) {
        const texts = [...svg.querySelectorAll('text')].map((text) => ({ text, box: text.getBoundingClientRect() }));
        for (const [at, one] of texts.entries()) {
          for (const other of texts.slice(at + 1)) {
            const width = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
            const height = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top);
            // The boxes of a font are higher than its letters.
            if (width > 1 && height > 4) covered.push(one.text.textContent + ' | ' + other.text.textContent);
          }
        }
      }
      return covered;
    })()`);
    expect(covered).toEqual([]);
  });

  test('a mark of the matrix leads to its case, and unfolds it', async () => {
    await using reader = await open();
    const inside = reader.page.locator('#partition-plain-relay');
    expect(await inside.isVisible()).toBe(false);
    await reader.page.locator('.matrix a[href="#partition-plain-relay"]').click();
    expect(await inside.isVisible()).toBe(true);
  });

  test('the replay line is reached by keyboard, and selected whole, ready to be copied', async () => {
    await using reader = await open();
    await reader.page.locator('details:has(#all-at-once-tincan-relay) > summary').focus();
    await reader.page.keyboard.press('Tab');
    expect(await reader.page.evaluate('getSelection().toString()')).toBe(
      'npm run lab:scenario -- all-at-once --wire tincan --seed 7',
    );
  });

  test('on paper nothing is folded away', async () => {
    await using reader = await open();
    const hidden =
      '[...document.querySelectorAll(".inside")].filter((inside) => !inside.checkVisibility()).length';
    expect(await reader.page.evaluate(hidden)).toBe(5);
    await reader.page.emulateMedia({ media: 'print' });
    expect(await reader.page.evaluate(hidden)).toBe(0);
  });

  test('the capture comes out of the page as it went in', async () => {
    await using reader = await open();
    await unfoldAll(reader.page);
    const [download] = await Promise.all([
      reader.page.waitForEvent('download'),
      reader.page.locator('#clean-plain-relay .capture a').click(),
    ]);
    expect(download.suggestedFilename()).toBe('clean-plain.pcapng.gz');
    expect(readFileSync(await download.path())).toEqual(
      Buffer.from(fixtureCaptures().get('captures/clean-plain.pcapng')?.gzip ?? []),
    );
  });

  test('text from outside stays text, wherever it stands', async () => {
    await using harmless = await open();
    await using attacked = await open({}, 'hostile.html');
    await unfoldAll(attacked.page);
    const elements = '[...document.querySelectorAll("*")].map(({ localName }) => localName)';
    expect(await attacked.page.evaluate(elements)).toEqual(await harmless.page.evaluate(elements));
    expect(await attacked.page.evaluate('typeof broken')).toBe('undefined');
    expect(await attacked.page.locator('pre').first().innerText()).toContain(
      '<script>globalThis.broken=1</script>',
    );
    expect(attacked.did).toEqual([]);
  });

  test('a script that got in all the same would not run', async () => {
    await using reader = await open();
    await reader.page.evaluate(
      'document.body.append(Object.assign(document.createElement("script"), { textContent: "globalThis.broken = 1" }))',
    );
    expect(await reader.page.evaluate('[document.scripts.length, typeof broken]')).toEqual([1, 'undefined']);
  });

  test.each([
    ['plain', fixtureResults()],
    ['hostile', hostile(fixtureResults())],
  ])('the JUnit file is well-formed, with %s results', async (_kind, results) => {
    await using reader = await open();
    const read = `(() => {
      const xml = new DOMParser().parseFromString(${JSON.stringify(junitXml(results))}, 'application/xml');
      return { fault: xml.querySelector('parsererror')?.textContent ?? '', cases: xml.querySelectorAll('testcase').length };
    })()`;
    expect(await reader.page.evaluate(read)).toEqual({ fault: '', cases: results.cases.length });
  });
});
