/**
 * The matrix: every scenario on every wire with every backend, what of it this machine can run, and what came of it.
 *
 * Owns: which cells there are and why some can't be run; from a cell to its case of the report.
 */
import type { Backend, Wire } from '../lab-model/outcome.ts';
import type { Capability, LabCase, Scenario as ScenarioText } from '../report/results.ts';
import type { Account } from '../verdict/account.ts';
import { evidenceOf, transcriptOf } from '../report/evidence.ts';
import { judge } from '../verdict/judge.ts';
import { labelsOf } from '../report/labels.ts';
import { unprovable } from './netem.ts';
import { type Part, play } from './play.ts';
import { SCENARIOS } from '../lab-model/scenarios/all.ts';
import type { Scenario } from '../lab-model/scenarios/scenario.ts';

const WIRES: readonly Wire[] = ['tincan', 'plain', 'tcp'];

export interface Cell extends Part {
  /** Why it can't be run; undefined: it can. */
  readonly unsupported: string | undefined;
}

/** A cell that was run: its case, and what that was made of, as far as it got. */
export interface Finished {
  readonly labCase: LabCase;
  readonly account: Account | undefined;
  /** Of what crossed its relay. */
  readonly capture: Buffer | undefined;
}

/** Where the captures are, below the directory of the results. */
const CAPTURES = 'captures';

export function cellsOf(
  capabilities: readonly Capability[],
  scenarios: readonly Scenario[] = SCENARIOS,
): Cell[] {
  return scenarios.flatMap((scenario) =>
    backendsOf(scenario).flatMap((backend) =>
      WIRES.map((wire) => ({
        scenario,
        wire,
        backend,
        seed: scenario.seed,
        unsupported: whyNot(scenario, wire, backend, capabilities),
      })),
    ),
  );
}

/** What is shown of a scenario beside its cases. */
export function textOf({ id, title, proves, see }: Scenario): ScenarioText {
  return { id, title, proves, see };
}

/** One shell line that runs this cell again, with the same verdicts. */
export function replayLine({ scenario, wire, backend, seed }: Part): string {
  const words = ['npm run lab:scenario --', scenario.id, `--wire ${wire}`, `--seed ${seed}`];
  return [...words, ...(backend === scenario.backend ? [] : [`--backend ${backend}`])].join(' ');
}

/** Runs the cell where it can be run. Never throws for what it finds out: that is the verdict. */
export async function finish(cell: Cell): Promise<Finished> {
  const { scenario, wire, backend } = cell;
  const named = { scenario: scenario.id, wire, backend };
  if (cell.unsupported !== undefined) {
    const verdict = { type: 'unsupported', reason: cell.unsupported } as const;
    return { labCase: { ...named, verdict }, account: undefined, capture: undefined };
  }
  const startedMs = performance.now();
  try {
    const { account, transcripts, capture } = await play(cell);
    const verdict = judge(scenario, wire, account);
    const about = {
      seed: cell.seed,
      replay: replayLine(cell),
      tookMs: performance.now() - startedMs,
      transcripts: transcripts.map(({ program, name, stream }) => transcriptOf(program, name, stream.lines)),
      ...(capture === undefined ? {} : { capture: { file: captureFile(cell) } }),
    };
    const evidence = evidenceOf(account, about, capture && labelsOf(capture, wire));
    return { labCase: { ...named, verdict, evidence }, account, capture };
  } catch (error) {
    // It ended before there was an account. Its transcripts' ends stand in the message.
    const reason = error instanceof Error ? error.message : String(error);
    const verdict = { type: 'fail', reasons: [reason] } as const;
    return { labCase: { ...named, verdict }, account: undefined, capture: undefined };
  }
}

/** Below the directory of the results. */
function captureFile({ scenario, wire, backend }: Part): string {
  return `${CAPTURES}/${scenario.id}-${wire}-${backend}.pcapng`;
}

function backendsOf(scenario: Scenario): Backend[] {
  // What happens to the relay itself has no like in the kernel.
  const isOfRelay = scenario.steps.some(({ type }) => type === 'stop-relay');
  return scenario.backend === 'relay' && !isOfRelay ? ['relay', 'netem'] : [scenario.backend];
}

function whyNot(
  scenario: Scenario,
  wire: Wire,
  backend: Backend,
  capabilities: readonly Capability[],
): string | undefined {
  if (scenario.wires?.includes(wire) === false)
    return 'a line that comes while nobody is there is lost on this wire';
  switch (backend) {
    case 'engine':
      return undefined;
    case 'relay':
      return wire === 'tcp' ? 'the relay forwards UDP, and this wire is TCP' : undefined;
    case 'netem': {
      const netem = capabilities.find(({ name }) => name === 'netem');
      if (netem?.available !== true) return `no netem: ${netem?.detail ?? 'not looked for'}`;
      return unprovable(scenario, wire === 'plain', wire === 'tcp');
    }
  }
}
