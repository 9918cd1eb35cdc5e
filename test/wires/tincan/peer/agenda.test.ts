import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { Agenda } from '../../../../src/wires/tincan/peer/agenda.ts';

interface Sleeper {
  readonly name: number;
  at: number | undefined;
}

test('whatever happens to whom, those are due whose time has come, in the order in which they came', () => {
  const act = fc.record({
    type: fc.constantFrom('stir', 'forget', 'due', 'take'),
    who: fc.nat({ max: 20 }),
    at: fc.option(fc.nat({ max: 50 }), { nil: undefined }),
    now: fc.nat({ max: 50 }),
  });
  fc.assert(
    fc.property(fc.array(act, { maxLength: 200 }), (acts) => {
      const agenda = new Agenda<Sleeper>(({ at }) => at);
      // The same, the slow way: all that are known, in their order, and the stirred among them.
      let known: Sleeper[] = [];
      const stirred = new Set<Sleeper>();
      const inOrder = (): Sleeper[] => known.filter((sleeper) => stirred.has(sleeper));
      for (const { type, who, at, now } of acts) {
        const sleeper = known.find(({ name }) => name === who) ?? { name: who, at };
        if (type === 'stir') {
          sleeper.at = at;
          agenda.stir(sleeper);
          stirred.add(sleeper);
          if (!known.includes(sleeper)) known.push(sleeper);
        } else if (type === 'forget') {
          agenda.forget(sleeper);
          stirred.delete(sleeper);
          known = known.filter((each) => each !== sleeper);
        } else if (type === 'due') {
          const due = known.filter((each) => (each.at ?? Infinity) <= now);
          expect(agenda.due(now)).toEqual(due);
          for (const each of due) stirred.add(each);
        } else {
          const taken = agenda.takeStirred();
          expect(taken).toEqual(inOrder());
          for (const each of taken) each.at = at;
          stirred.clear();
        }
        const earliest = Math.min(...known.map((each) => each.at ?? Infinity));
        expect(agenda.deadline).toBe(earliest === Infinity ? undefined : earliest);
      }
    }),
  );
});

test('only those are asked for their deadline to whom something has happened', () => {
  let asked = 0;
  const agenda = new Agenda<Sleeper>(({ at }) => {
    asked += 1;
    return at;
  });
  const sleepers = Array.from({ length: 1_000 }, (_, name) => ({ name, at: 1_000 + name }));
  for (const sleeper of sleepers) agenda.stir(sleeper);
  agenda.takeStirred();
  expect(agenda.deadline).toBe(1_000);
  asked = 0;
  for (const sleeper of sleepers.slice(0, 10)) {
    agenda.stir(sleeper);
    agenda.due(0);
    agenda.takeStirred();
    expect(agenda.deadline).toBe(1_000);
  }
  expect(asked).toBeLessThanOrEqual(20);
});
