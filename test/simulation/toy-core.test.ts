import { test, expect } from '@jest/globals';
import { planFrom, type Plan } from './plan.ts';
import { runPlan } from './run.ts';
import { ToyCore, flaws, type Flaw } from './toy-core.ts';

const honestSeeds = 12;
const flawedSeedsMax = 25;

/** The toy makes no introductions: all must know all. It knows neither lines to one peer nor new names. */
function meshFrom(seed: number): Plan {
  const plan = planFrom(seed);
  const names = plan.hosts.map(({ name }) => name);
  const hosts = plan.hosts.map((host) => ({ ...host, peers: names.filter((name) => name !== host.name) }));
  const changes = plan.changes.filter(({ type }) => type !== 'rename');
  return { ...plan, hosts, changes, privateShare: 0, linesAtOnce: 1, turnMs: 0, endsUnseen: false };
}

test('a protocol that keeps the promise is found to keep it', () => {
  for (let seed = 1; seed <= honestSeeds; seed++) {
    const outcome = runPlan(meshFrom(seed), (settings) => new ToyCore(settings));
    expect({ seed, outcome }).toMatchObject({ seed, outcome: { type: 'held' } });
  }
});

/** What is said of each flaw, so that it is found for what it is and not by accident. */
const symptoms: Readonly<Record<Flaw, RegExp>> = {
  'gives duplicates': /twice|nobody of the name|another text|as line/,
  'skips gaps': /as line|another text|nobody of the name/,
  'acks before the program took it': /which no program there has taken/,
  'never retransmits': /not converged|stalled/,
  'checks no checksum': /another text|nobody of the name|as line|stranger|not converged|stalled/,
  'forgets its deadline': /no deadline/,
  spins: /time stands still/,
  'floods unknown addresses': /not validated|answered a stranger/,
  'loses its place when a peer moves': /not converged|never told|stalled/,
  'gives up in silence': /never said what became of/,
};

test.each(flaws)('a protocol that %s is found to break the promise', (flaw) => {
  for (let seed = 1; seed <= flawedSeedsMax; seed++) {
    const outcome = runPlan(meshFrom(seed), (settings) => new ToyCore(settings, flaw));
    if (outcome.type === 'held') continue;
    expect(outcome.reason).toMatch(symptoms[flaw]);
    return;
  }
  throw new Error(`held in all of ${flawedSeedsMax} seeds`);
});

test('one seed gives one course of events, to the last step', () => {
  const figures = [1, 2].map(() => runPlan(meshFrom(3), (settings) => new ToyCore(settings)).figures);
  expect(figures[0]).toEqual(figures[1]);
});
