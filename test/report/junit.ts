/**
 * The results as JUnit XML, for the programs that collect test results: a suite for each scenario, a case for each wire and
 * backend.
 *
 * Owns: which verdict is which of JUnit's outcomes. A vacuous case is a failure; one that can't run here is skipped, which
 * is the honest word there.
 */
// XML needs the same characters escaped as HTML.
import { type Html as Xml, html as xml } from './html.ts';
import type { LabCase, Results, Scenario } from './results.ts';
import { verdictReasons } from './words.ts';

export function junitXml({ scenarios, cases, run }: Results): string {
  const suites = scenarios.map((scenario) =>
    suite(
      scenario,
      cases.filter(({ scenario: id }) => id === scenario.id),
    ),
  );
  const document = xml`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="tincan fault lab"${totals(cases)} time="${seconds(run.tookMs)}" timestamp="${run.startedAt}">
${suites}</testsuites>
`;
  return document.toString();
}

function suite({ id }: Scenario, cases: readonly LabCase[]): Xml {
  const tookMs = cases.reduce((sum, { evidence }) => sum + (evidence?.tookMs ?? 0), 0);
  return xml`<testsuite name="${id}"${totals(cases)} time="${seconds(tookMs)}">
${cases.map(testCase)}</testsuite>
`;
}

function testCase(labCase: LabCase): Xml {
  const { scenario, wire, backend, evidence } = labCase;
  return xml`<testcase classname="${scenario}" name="${wire}, ${backend}" time="${seconds(evidence?.tookMs ?? 0)}">${outcome(labCase)}</testcase>
`;
}

function outcome({ verdict, evidence }: LabCase): Xml | undefined {
  const reasons = verdictReasons(verdict);
  switch (verdict.type) {
    case 'pass':
      return undefined;
    case 'unsupported':
      return xml`<skipped message="${reasons.join('; ')}"/>`;
    case 'fail':
    case 'vacuous':
      return xml`<failure type="${verdict.type}" message="${reasons.join('; ')}">${evidence === undefined ? '' : `replay: ${evidence.replay}`}</failure>`;
  }
}

function totals(cases: readonly LabCase[]): Xml {
  const count = (...types: readonly LabCase['verdict']['type'][]): number =>
    cases.filter(({ verdict }) => types.includes(verdict.type)).length;
  return xml` tests="${cases.length}" failures="${count('fail', 'vacuous')}" skipped="${count('unsupported')}" errors="0"`;
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(3);
}
