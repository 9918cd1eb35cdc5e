/** Many strangers at once: those who know each other get on. */
import { expect, test } from '@jest/globals';
import type { Address } from '../../../../src/kernel/contract.ts';
import { Initiator } from '../../../../src/wires/tincan/handshake/initiator.ts';
import { rejectAfterMs, rekeyAfterMs } from '../../../../src/wires/tincan/limits.ts';
import { parsed, settingsOf } from '../handshake/handshake-pair.ts';
import { NodeWorld, eventsOf, texts } from '../node-world.ts';
import type { WorldNode } from '../node-world.ts';

/** Knocks as often as it may, with cookies, and finishes no handshake. */
class Flood {
  readonly #world: NodeWorld;
  readonly #victims: readonly WorldNode[];
  #count = 0;
  #answered = 0;

  constructor(world: NodeWorld, victims: readonly WorldNode[]) {
    this.#world = world;
    this.#victims = victims;
  }

  /** How many handshakes it has made its victims keep in the last while. */
  takeAnswered(): number {
    const answered = this.#answered;
    this.#answered = 0;
    return answered;
  }

  /** From five addresses in turn, one knock each 25 ms, until then. */
  goOn(untilMs: number): void {
    if (this.#world.now >= untilMs) return;
    this.#count += 1;
    const from = { ip: `198.18.0.${1 + (this.#count % 5)}`, port: 5000 };
    for (const victim of this.#victims) this.#knock(victim, from);
    this.#world.later(25, () => this.goOn(untilMs));
  }

  #knock(victim: WorldNode, from: Address): void {
    const initiator = new Initiator(settingsOf(), this.#world.now);
    for (let repeats = 0; repeats < 2; repeats += 1) {
      const step = initiator.timeout(initiator.deadline);
      if (step.type !== 'send') throw new Error('message 1 is sent, and sent again');
      for (const answer of this.#world.give(victim, from, step.bytes)) {
        if (answer[0] !== 4) this.#answered += 1;
        if (answer[0] !== 4) return;
        initiator.receiveCookie(parsed(answer, 'cookie'));
      }
    }
  }
}

test('a pair renews its keys while five addresses keep the half-open tables of both full', () => {
  const world = new NodeWorld();
  const alice = world.add('alice', ['bob']);
  const bob = world.add('bob', ['alice']);
  world.run(rekeyAfterMs - 15_000);
  const flood = new Flood(world, [alice, bob]);
  flood.goOn(world.now + 80_000);
  world.run(80_000);
  expect(flood.takeAnswered()).toBeGreaterThan(8 * 2 * 250);
  world.run(rejectAfterMs);
  world.say(alice, 'still here');
  world.run(1_000);
  expect(texts(bob)).toEqual(['still here']);
  expect([...eventsOf(alice, 'peer-left'), ...eventsOf(bob, 'peer-left')]).toEqual([]);
});
