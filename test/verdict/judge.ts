/**
 * The verdict on a scenario: whether its fault struck, whether the record is whole, and whether what must hold does.
 *
 * Owns: the rules. It sees only an account, so that a test can hand it the account of a node that breaks its promise.
 */
import type { Verdict, Wire } from '../lab-model/outcome.ts';
import { type Direction, DIRECTIONS, type Holds, type Scenario } from '../lab-model/scenarios/scenario.ts';
import { type Account, endsOf, kernelDropsOf, type Life, livesOf } from './account.ts';
import { damageReasons } from './damage.ts';
import { flowOfLines, type FlowOfLines, type LineFate } from './lines.ts';
import { recordReasons } from './record.ts';
import { missed, strikesOf } from './struck.ts';

/** Lines said so shortly before a fault may still have been on their way, in ms. */
const ON_THE_WAY_MS = 2_000;

export function judge(scenario: Scenario, wire: Wire, account: Account): Verdict {
  const reasons = [
    ...account.overdue,
    ...recordReasons(account),
    ...DIRECTIONS.flatMap((direction) => held(scenario.holds[wire], direction, wire, account)),
  ];
  if (reasons.length > 0) return { type: 'fail', reasons };
  const reason = missed(strikesOf(scenario, account));
  return reason === undefined ? { type: 'pass' } : { type: 'vacuous', reason };
}

function held(holds: Holds, direction: Direction, wire: Wire, account: Account): string[] {
  const flow = flowOfLines(account, direction);
  const reasons = (): string[] => {
    switch (holds) {
      case 'everything-once-in-order':
        return [...everythingOnceInOrder(flow), ...receiptReasons(flow, direction, wire, account)];
      case 'damage-as-injected':
        return account.netemDrops === undefined
          ? damageReasons(account, direction)
          : noMoreThanDropped(flow, direction, account, account.netemDrops[direction]);
      case 'one-gap':
        return oneGap(flow, account);
    }
  };
  return reasons().map((reason) => `${direction}: ${reason}`);
}

function everythingOnceInOrder({ fates, heard, counts }: FlowOfLines): string[] {
  const reasons = [...foreignLines(counts), ...doubledLines(fates)];
  const missing = fates.filter((fate) => fate.heard.length === 0);
  if (missing.length > 0) reasons.push(`${missing.length} lines were never heard: ${numbers(missing)}`);
  if (reasons.length > 0) return reasons;
  const wrong = fates.findIndex(({ said }, at) => heard[at]?.text !== said.text);
  return wrong < 0 ? [] : [`line ${wrong + 1} was heard out of order`];
}

/** Where the wire has receipts: exactly one a line, and nothing reported as undelivered. */
function receiptReasons(
  { fates }: FlowOfLines,
  direction: Direction,
  wire: Wire,
  account: Account,
): string[] {
  const { from, to } = endsOf(direction);
  const sender = livesOf(account, from);
  const reasons = sender
    .filter(({ exitCode }) => exitCode !== undefined && exitCode !== 0)
    .map(({ exitCode }) => `${from} left with exit code ${String(exitCode)}, not 0`);
  const reported = fates.filter((fate) => fate.reported);
  if (reported.length > 0) reasons.push(`heard, but reported as undelivered: ${numbers(reported)}`);
  if (wire !== 'tincan') return reasons;
  const receipts = receiptsOf(sender, to);
  // Whoever is killed may take a receipt along that is on its disk: its next process knows of it, and tells it no more.
  const killed = new Set(sender.flatMap(({ exitCode, said }) => (exitCode === undefined ? said : [])));
  const wrong = fates.filter(({ said }) => {
    const count = receipts.get(said.number) ?? 0;
    return count !== 1 && !(count === 0 && killed.has(said));
  });
  if (wrong.length > 0) reasons.push(`lines without exactly one receipt: ${numbers(wrong)}`);
  return reasons;
}

/** Where nobody keeps a log of verdicts: no line is gone that nobody has dropped. A drop may also have been another packet. */
function noMoreThanDropped(
  { counts }: FlowOfLines,
  direction: Direction,
  account: Account,
  drops: number,
): string[] {
  const gone = counts.lost - counts.altered;
  const known = drops + kernelDropsOf(account, endsOf(direction).to);
  return gone > known ? [`${gone} lines are gone, ${known} packets were dropped`] : [];
}

function oneGap({ fates, heard, counts }: FlowOfLines, { phases }: Account): string[] {
  const reasons = [...foreignLines(counts), ...doubledLines(fates)];
  if (counts.reordered > 0) reasons.push(`${counts.reordered} of ${heard.length} lines were out of order`);
  const first = fates.findIndex((fate) => fate.heard.length === 0);
  if (first < 0) return reasons;
  const last = fates.findLastIndex((fate) => fate.heard.length === 0);
  const between = fates.slice(first, last + 1).filter((fate) => fate.heard.length > 0);
  if (between.length > 0) {
    reasons.push(`the missing lines are not one gap: these between were heard: ${numbers(between)}`);
  }
  const beganMs = Math.min(...phases.map(({ fromMs }) => fromMs));
  const gapMs = fates[first]?.said.atMs ?? 0;
  if (gapMs < beganMs - ON_THE_WAY_MS) {
    reasons.push(`line ${first + 1} was lost ${Math.round(beganMs - gapMs)} ms before anything happened`);
  }
  return reasons;
}

function foreignLines({ altered }: FlowOfLines['counts']): string[] {
  return altered === 0 ? [] : [`${altered} lines were heard that nobody had said`];
}

function doubledLines(fates: readonly LineFate[]): string[] {
  const doubled = fates.filter(({ heard }) => heard.length > 1);
  return doubled.length === 0 ? [] : [`heard more than once: ${numbers(doubled)}`];
}

/** Receipts a line, by its number. */
function receiptsOf(lives: readonly Life[], to: string): ReadonlyMap<number, number> {
  const receipts = new Map<number, number>();
  for (const { event } of lives.flatMap(({ events }) => events)) {
    if (event.type !== 'delivered' || event.to !== to) continue;
    receipts.set(event.ref, (receipts.get(event.ref) ?? 0) + 1);
  }
  return receipts;
}

/** Some of the numbers: a reader needs a place to look, not a list of a thousand. */
function numbers(fates: readonly LineFate[]): string {
  const shown = fates.slice(0, 8).map(({ said }) => said.number);
  return fates.length > shown.length ? `${shown.join(', ')}, …` : shown.join(', ');
}
