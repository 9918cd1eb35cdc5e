/**
 * Runs with a liar among the members. Whatever the liar says: no honest node throws or keeps more than its account allows,
 * and honest nodes get all lines of each other, once and in order.
 *
 * Owns: when the liar comes and goes. The rules are those of every run.
 */
import { Liar, type LieKind } from './liar.ts';
import { planFrom } from './plan.ts';
import { type Outcome, roomKey, runPlan } from './run.ts';
import type { CoreFactory } from './world.ts';

/** Early enough that the liar's handshakes are over before the shortest plan heals. */
const comesAtMs = 100;

export interface LiarRun {
  readonly outcome: Outcome;
  /** Packets that the liar sent, by what they lied about. */
  readonly told: ReadonlyMap<LieKind, number>;
}

export function runWithLiar(seed: number, factory: CoreFactory): LiarRun {
  const plan = planFrom(seed);
  let told: ReadonlyMap<LieKind, number> = new Map();
  const outcome = runPlan(plan, factory, (world) => {
    const liar = new Liar(world, seed, plan.inRoom ? roomKey : undefined);
    told = liar.told;
    world.admit(liar);
    world.after(comesAtMs, () => liar.start(plan.hosts.map(({ name }) => name)));
    world.after(plan.faultsEndMs, () => liar.stop());
  });
  return { outcome, told };
}
