/**
 * Adds up the results of several jest runs and prints them as one line: `N passed, N failed, N skipped`.
 *
 * Owns: the sum, and what counts as a failure: a suite that could not run, a run without results, no test at all, and in
 * CI a skip, since a test that never runs proves nothing.
 */
import { readFileSync } from 'node:fs';

/** What is used of jest's `--json` output. */
interface JestResults {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numRuntimeErrorTestSuites: number;
}

const totals = { passed: 0, failed: 0, skipped: 0 };
for (const file of process.argv.slice(2)) {
  const results = read(file);
  totals.passed += results?.numPassedTests ?? 0;
  totals.skipped += results?.numPendingTests ?? 0;
  totals.failed += results === undefined ? 1 : results.numFailedTests + results.numRuntimeErrorTestSuites;
}

const mayNotSkip = process.env['CI'] === 'true';
if (mayNotSkip && totals.skipped > 0) console.error('In CI a skipped test is a failure.');
const good = totals.failed === 0 && totals.passed > 0 && !(mayNotSkip && totals.skipped > 0);
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exitCode = good ? 0 : 1;

function read(file: string): JestResults | undefined {
  try {
    const results: JestResults = JSON.parse(readFileSync(file, 'utf8'));
    return results;
  } catch {
    console.error(`A test run left no results (${file}).`);
    return undefined;
  }
}
