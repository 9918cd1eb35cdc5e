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
      case 'delivered-or-reported':
        return deliveredOrReported(flow, direction, account);
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
    .filter(({ exitCode }) => exitCode !== 0)
    .map(({ exitCode }) => `${from} left with exit code ${String(exitCode)}, not 0`);
  const reported = fates.filter((fate) => fate.reported);
  if (reported.length > 0) reasons.push(`heard, but reported as undelivered: ${numbers(reported)}`);
  if (wire !== 'tincan') return reasons;
  const receipts = receiptsOf(sender, to);
  const wrong = fates.filter(({ said }) => receipts.get(said.number) !== 1);
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

/**
 * The promise where a process dies and takes its memory along. Who lives has an answer for each line: delivered to one of
 * the other's lives, or reported. Who died had said a beginning of its lines, without a gap.
 */
function deliveredOrReported(flow: FlowOfLines, direction: Direction, account: Account): string[] {
  const { from, to } = endsOf(direction);
  const reasons = foreignLines(flow.counts);
  for (const [at, receiver] of livesOf(account, to).entries()) {
    const texts = flow.heard.filter(({ life }) => life === receiver).map(({ text }) => text);
    for (const [number, sender] of livesOf(account, from).entries()) {
      const said = sender.said.map(({ text }) => text);
      const heard = texts.filter((text) => said.includes(text));
      const start = heard[0] === undefined ? 0 : said.indexOf(heard[0]);
      if (heard.some((text, index) => text !== said[start + index])) {
        const who = `life ${at + 1} of ${to}`;
        reasons.push(`${who} heard life ${number + 1} of ${from} with gaps, doubles, or out of order`);
      }
    }
  }
  for (const sender of livesOf(account, from)) reasons.push(...fateReasons(sender, flow, to));
  return reasons;
}

/** A killed process can't tell what became of its lines; any other must. */
function fateReasons(sender: Life, { fates }: FlowOfLines, to: string): string[] {
  const receipts = receiptsOf([sender], to);
  const own = fates.filter(({ said }) => sender.said.includes(said));
  const claimed = own.filter(({ said, heard }) => receipts.has(said.number) && heard.length === 0);
  const reasons = claimed.length === 0 ? [] : [`delivered, but never heard: ${numbers(claimed)}`];
  const doubled = own.filter(({ said }) => (receipts.get(said.number) ?? 0) > 1);
  if (doubled.length > 0) reasons.push(`more than one receipt: ${numbers(doubled)}`);
  if (sender.exitCode === undefined) return reasons;
  const silent = own.filter(({ said, reported }) => !receipts.has(said.number) && !reported);
  if (silent.length > 0) reasons.push(`neither delivered nor reported: ${numbers(silent)}`);
  const both = own.filter(({ said, reported }) => receipts.has(said.number) && reported);
  if (both.length > 0) reasons.push(`both delivered and reported as undelivered: ${numbers(both)}`);
  const codes = own.some(({ reported }) => reported) ? 3 : 0;
  if (sender.exitCode !== codes) reasons.push(`exit code ${sender.exitCode}, where ${codes} was due`);
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
