import { describe, expect, test } from '@jest/globals';
import { BadResultsError, keptMax, parseResults, type Results } from './results.ts';

const smallest: Results = {
  schemaVersion: 1,
  run: {
    startedAt: '2026-01-02T03:04:05.678Z',
    tookMs: 1,
    versions: { tincan: '0.1.0', node: '26.10.0', engine: '26.1.5', kernel: '6.1' },
    capabilities: [{ name: 'netem', available: false, detail: 'this kernel has no sch_netem' }],
  },
  scenarios: [{ id: 'clean', title: 'Clean', proves: 'All arrives.', see: 'Nothing happens.' }],
  cases: [
    { scenario: 'clean', wire: 'tincan', backend: 'relay', verdict: { type: 'pass' } },
    {
      scenario: 'clean',
      wire: 'tcp',
      backend: 'relay',
      verdict: { type: 'unsupported', reason: 'UDP only' },
    },
  ],
};

/** The file with one field changed, at any depth. */
function changed(change: (file: { [field: string]: unknown }) => void): string {
  const file: { [field: string]: unknown } = { ...structuredClone(smallest) };
  change(file);
  return JSON.stringify(file);
}

describe('results.json', () => {
  test('a file of results is read as it was written', () => {
    expect(parseResults(JSON.stringify(smallest))).toEqual(smallest);
  });

  test.each([
    ['text that is not JSON', '{"schemaVersion":1', 'not JSON'],
    ['another schema version', changed((file) => (file['schemaVersion'] = 2)), 'schemaVersion'],
    ['a missing field', changed((file) => delete file['run']), '→ at run'],
    ['a misspelt field', changed((file) => (file['case'] = [])), 'Unrecognized key: "case"'],
    [
      'a scenario that is not listed',
      changed((file) => (file['scenarios'] = [])),
      'a case names the scenario "clean", which is not in the list of scenarios',
    ],
    [
      'an unknown verdict',
      changed((file) => (file['cases'] = [{ ...smallest.cases[0], verdict: { type: 'perhaps' } }])),
      '→ at cases[0].verdict.type',
    ],
  ])('a file of results with %s is refused, and the message says where', (_what, json, message) => {
    const read = (): unknown => parseResults(json);
    expect(read).toThrow(BadResultsError);
    expect(read).toThrow(message);
  });

  test.each(['/etc/passwd', '../secret', 'captures/../../secret', String.raw`captures\..\secret`])(
    'a capture outside of its directory is refused: %s',
    (file) => {
      expect(() => parseResults(withEvidence({ capture: { file } }))).toThrow(
        'cases[0].evidence.capture.file',
      );
    },
  );

  test('more evidence than is kept is refused', () => {
    const lines = Array.from({ length: keptMax.transcriptLines + 1 }, () => 'hi');
    const transcripts = [{ program: 'alice', stream: 'stdout', lines, linesOmitted: 0 }];
    expect(() => parseResults(withEvidence({ transcripts }))).toThrow(
      'cases[0].evidence.transcripts[0].lines',
    );
    expect(() =>
      parseResults(withEvidence({ transcripts: [{ ...transcripts[0], lines: lines.slice(1) }] })),
    ).not.toThrow();
  });
});

function withEvidence(fields: { readonly [field: string]: unknown }): string {
  const evidence = {
    seed: 1,
    replay: 'npm run lab:scenario -- clean',
    tookMs: 1,
    flows: [],
    arrows: [],
    arrowsOmitted: 0,
    phases: [],
    recoveries: [],
    transcripts: [],
    ...fields,
  };
  return changed((file) => (file['cases'] = [{ ...smallest.cases[0], evidence }]));
}
