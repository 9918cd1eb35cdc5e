import { describe, expect, test } from '@jest/globals';
import { captureLinks } from './captures.ts';
import { fixtureCaptures, fixturePcapng, fixtureResults } from './fixture.ts';
import { attack, hostile } from './hostile.ts';
import { renderReport } from './page.ts';
import { keptMax, type LabCase, type Results } from './results.ts';
import { datagramsAreEven, linesAreEven } from './tables.ts';

const maxBytes = 5_000_000;

function render(results: Results): string {
  return tight(renderReport(results, fixtureCaptures()));
}

/** The page of the one case, and of nothing else. */
function renderCase(
  scenario: string,
  wire: string,
  change: (labCase: LabCase) => LabCase = (same) => same,
): string {
  const results = fixtureResults();
  const cases = results.cases.filter((labCase) => labCase.scenario === scenario && labCase.wire === wire);
  expect(cases).toHaveLength(1);
  return render({ ...results, cases: cases.map(change) });
}

/** Without the white space in and between tags that the layout of the templates leaves. */
function tight(page: string): string {
  return page.replaceAll(/ (?=\/?>)|(?<=>) | (?=<)/gu, '');
}

function count(page: string, what: RegExp): number {
  return page.match(what)?.length ?? 0;
}

describe('the page', () => {
  test('the page opens with what came of it', () => {
    const results = fixtureResults();
    const [first] = results.cases;
    const passing = results.cases.filter(({ verdict }) => verdict.type === 'pass');
    const headline = (cases: readonly LabCase[]): string | undefined =>
      /<h1>(?<headline>[^<]*)/u.exec(render({ ...results, cases }))?.groups?.['headline'];
    expect(headline(results.cases)).toBe('1 of 7 cases failed, 1 proved nothing');
    expect(headline(passing)).toBe('All 5 cases hold');
    expect(headline(first === undefined ? [] : [first])).toBe('The one case holds');
    expect(headline([])).toBe('Nothing was run');
  });

  test('the page has a mark for every case, by shape and word', () => {
    const page = render(fixtureResults());
    for (const [type, marks] of [
      ['pass', 2],
      ['damaged', 3],
      ['fail', 1],
      ['vacuous', 1],
      ['unsupported', 1],
    ] as const) {
      const mark = new RegExp(
        `class="mark ${type}"[^>]*><svg[^>]*><use href="#verdict-${type}"/></svg><span class="visually-hidden">${type}:`,
        'gu',
      );
      expect(count(page, mark)).toBe(marks);
    }
  });

  test('a cell of the matrix says what became of the lines: a wire that passes may have lost many', () => {
    expect(renderCase('clean', 'plain')).toContain('<span class="what">all 240 once, in order</span>');
    const flow = { from: 'alice', to: 'bob', lines: [], linesOmitted: 0 };
    const lineCounts = {
      said: 60,
      heard: 51,
      lost: 16,
      undelivered: 0,
      duplicated: 7,
      reordered: 0,
      altered: 0,
    };
    const harmed = renderCase('clean', 'plain', (labCase) => ({
      ...labCase,
      evidence: labCase.evidence && { ...labCase.evidence, flows: [{ ...flow, lineCounts }] },
    }));
    expect(harmed).toMatch(/class="mark damaged"[^]*?16 of 60 lost, 7 doubled; no sender was told<\/span>/u);
  });

  test('one scenario is one way to harm the string', () => {
    const { scenarios, ...rest } = fixtureResults();
    expect(render({ ...rest, scenarios: scenarios.slice(0, 1), cases: [] })).toContain('>1 way to harm');
  });

  test('the page links to no place that is not there', () => {
    const page = render(fixtureResults());
    const ids = new Set([...page.matchAll(/ id="(?<id>[^"]+)"/gu)].map((match) => match.groups?.['id']));
    const targets = [...page.matchAll(/(?:href="#|url\(#)(?<id>[^")]+)/gu)].map(
      (match) => match.groups?.['id'],
    );
    expect(targets.length).toBeGreaterThan(50);
    expect(targets.filter((id) => !ids.has(id))).toEqual([]);
    expect(count(page, / id="/gu)).toBe(ids.size);
  });

  test('the page says what could not be run, and why, once', () => {
    expect(renderCase('clean', 'tcp')).toContain(
      '<li>Not run: tcp by relay – the relay forwards UDP only</li>',
    );
  });

  test('the page folds what passed, and shows what did not', () => {
    expect(renderCase('clean', 'plain')).toContain('<details class="case"><summary>');
    expect(renderCase('partition', 'tincan')).toContain('<details class="case" open><summary>');
    expect(renderCase('all-at-once', 'tincan')).toContain('<li>bob heard line 12 twice</li>');
  });

  test('text from outside becomes no tag', () => {
    const tags = (page: string): readonly string[] => page.match(/<\/?[a-z][a-z0-9]*/giu) ?? [];
    const page = render(hostile(fixtureResults()));
    expect(tags(page)).toEqual(tags(render(fixtureResults())));
    expect(page).not.toContain(attack);
    expect(page).toContain('&#60;script&#62;globalThis.broken=1&#60;/script&#62;');
  });

  test('the page of a full matrix, with as much evidence as is kept, fits into a mail', () => {
    const results = fullMatrix();
    const captures = captureLinks(
      new Map(results.cases.map(({ evidence }) => [evidence?.capture?.file ?? '', fixturePcapng(400)])),
    );
    expect(captures.size).toBe(90);
    expect(Buffer.byteLength(renderReport(results, captures))).toBeLessThan(maxBytes);
  });
});

/** Eighteen scenarios, five cases each, every one as eventful as they come. */
function fullMatrix(): Results {
  const results = fixtureResults();
  const evidence = results.cases.find(
    ({ scenario, wire }) => scenario === 'all-at-once' && wire === 'plain',
  )?.evidence;
  const [scenario] = results.scenarios;
  if (evidence === undefined || scenario === undefined) throw new Error('the fixture has such a case');
  const lines = Array.from({ length: keptMax.transcriptLines }, (_, at) =>
    `bob: line ${at} `.padEnd(100, '.'),
  );
  const transcripts = ['alice', 'bob', 'relay'].map((program) => ({
    program,
    stream: 'stdout' as const,
    lines,
    linesOmitted: 9,
  }));
  const scenarios = Array.from({ length: 18 }, (_, at) => ({ ...scenario, id: `fault-${at}` }));
  const kinds = [
    ['tincan', 'relay'],
    ['plain', 'relay'],
    ['tincan', 'netem'],
    ['plain', 'netem'],
    ['tcp', 'netem'],
  ] as const;
  const cases = scenarios.flatMap(({ id }) =>
    kinds.map(([wire, backend]): LabCase => {
      const capture = { file: `${id}-${wire}-${backend}.pcapng` };
      return {
        scenario: id,
        wire,
        backend,
        verdict: { type: 'pass' },
        evidence: { ...evidence, transcripts, capture },
      };
    }),
  );
  return { ...results, scenarios, cases };
}

describe('a case', () => {
  test('a case draws an end for each dropped, a fork for each doubled, a kink for each corrupted', () => {
    const page = renderCase('all-at-once', 'plain');
    const stories = page.match(/<title>\d[^<]*<\/title>/gu) ?? [];
    const told = (word: string): number => stories.filter((story) => story.includes(word)).length;
    expect(stories).toHaveLength(42);
    expect(told('dropped')).toBeGreaterThan(0);
    expect(count(page, /<path class="dropped"/gu)).toBe(told('dropped'));
    expect(told('doubled')).toBeGreaterThan(0);
    expect(count(page, /<path class="way copy"/gu)).toBe(told('doubled'));
    expect(told('corrupted')).toBeGreaterThan(0);
    expect(count(page, /<path class="way" d="M(?:[^"L]*L){6}/gu)).toBe(told('corrupted'));
  });

  test('a case shows the sums, and whether they are even', () => {
    expect(count(renderCase('clean', 'plain'), /✓ adds up/gu)).toBe(4);
    const robbed = renderCase('clean', 'plain', (labCase) => ({
      ...labCase,
      evidence: labCase.evidence && {
        ...labCase.evidence,
        flows: labCase.evidence.flows.map((flow) => ({
          ...flow,
          lineCounts: { ...flow.lineCounts, heard: flow.lineCounts.heard - 1 },
        })),
      },
    }));
    expect(count(robbed, /✕ does not add up/gu)).toBe(2);
  });

  test('a case names when it recovered, and from what', () => {
    expect(renderCase('partition', 'plain')).toContain(
      'alice → bob<span class="after">after partition</span></th><td>400 ms</td><td><strong>12 ms</strong>',
    );
  });

  test('a case shows both ends of a long transcript, and counts the rest', () => {
    const page = renderCase('clean', 'plain');
    expect(page).toContain('bob: line 14\n');
    expect(page).not.toContain('bob: line 15\n');
    expect(page).toContain('⋮ 50 lines more, in results.json');
    expect(page).toContain('bob: line 79\n');
    expect(page).toContain('⋮ 40 more lines, not kept');
  });

  test('a case names the kernel counters that counted, and says when none did', () => {
    expect(renderCase('clean', 'plain')).toContain(
      '<span class="part"></span>nothing</th><td>0</td><td>0</td>',
    );
    const dropping = renderCase('clean', 'plain', (labCase) => ({
      ...labCase,
      evidence: labCase.evidence && {
        ...labCase.evidence,
        flows: labCase.evidence.flows.map((flow, at) => ({
          ...flow,
          kernelDrops: { InErrors: 0, RcvbufErrors: at },
        })),
      },
    }));
    expect(dropping).toContain('<span class="part"></span>RcvbufErrors</th><td>0</td><td>1</td>');
    expect(dropping).not.toContain('InErrors');
  });

  test('a case without a relay shows lines, and no datagrams', () => {
    const page = renderCase('paused', 'tcp');
    expect(page).toContain('space-time diagram of alice and bob');
    expect(page).not.toContain('Datagrams, on the way');
  });

  test('a case that ended before there was anything to see says so', () => {
    expect(renderCase('all-at-once', 'tincan', (labCase) => ({ ...labCase, evidence: undefined }))).toContain(
      'It ended before there was anything to see.',
    );
  });
});

test('the sums of the fixture come out, so that a sum that does not is a fault of the lab', () => {
  const flows = fixtureResults().cases.flatMap(({ evidence }) => evidence?.flows ?? []);
  expect(flows.every(linesAreEven)).toBe(true);
  expect(flows.map(datagramsAreEven)).not.toContain(false);
});
