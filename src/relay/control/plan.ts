/**
 * `--faults`: what is impaired from the start.
 *
 * Owns: its shape, `{"both":{…},"alice>bob":{…}}`.
 */
import { readDirection } from './control.ts';
import { parseJson, readFaults, readObject } from '../model/faults.ts';
import type { Command, DirectionName } from '../model/messages.ts';

/** The commands that bring it about. @throws {ControlError} with one clear line for what is wrong. */
export function readPlan(text: string, directions: readonly DirectionName[]): readonly Command[] {
  const plan = readObject(parseJson(text), 'a fault plan');
  // The single direction wins: its faults come last.
  const names = Object.keys(plan).toSorted(
    (left, right) => Number(right === 'both') - Number(left === 'both'),
  );
  return names.map((name) => ({
    type: 'impair',
    directions: readDirection(name, directions),
    faults: readFaults(plan[name]),
    timesFrom: 'start',
  }));
}
