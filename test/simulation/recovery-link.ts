/**
 * How soon a lost line comes, where nothing repairs it in passing: lines too large for piggyback repair, two at a time, on
 * a link that varies. When the first of two is lost, the ack of the second tells, and the loss timer of RFC 9002 brings it
 * after 9/8 of a round trip; the probe timeout takes twice as long here, as it allows for the variation.
 *
 * Owns: the set-up and the figure.
 */
import { unimpaired } from '../../src/relay/model/impairment.ts';
import { Judge } from './judge.ts';
import { World, type CoreFactory } from './world.ts';

/** What the middle one of all lost lines may take from being said to being heard. Measured: 430 ms; without the loss timer 640. */
export const recoveryMaxMs = 520;

const seeds = 6;

const pairs = 150;
const everyMs = 2_000;
const lossRate = 0.15;
const delayMs = 5;
const jitterMs = 200;
const lineBytes = 800;
const port = 5_000;

/** ms, over some seeds. */
export function recoveryMs(factory: CoreFactory): number {
  const lateMs = Array.from({ length: seeds }, (_, index) => runRecoveryLink(index + 1, factory)).flat();
  return lateMs.toSorted((a, b) => a - b)[Math.floor(lateMs.length / 2)] ?? 0;
}

/** What the first lines of pairs took that came later than any datagram travels: they have been lost at least once. */
function runRecoveryLink(seed: number, factory: CoreFactory): readonly number[] {
  const world = new World(seed, factory);
  const link = { ...unimpaired, delayMs, jitterMs, fifo: true };
  world.network.impair('alice', 'bob', { ...link, lossRate });
  world.network.impair('bob', 'alice', link);
  const seats = [
    { name: 'alice', ip: '10.0.0.1', peers: [{ label: 'bob', host: 'bob.test', port }] },
    { name: 'bob', ip: '10.0.0.2', peers: [] },
  ];
  const [alice] = seats.map(({ name, ip, peers }) =>
    world.start({ name, address: { ip, port }, peers, roomKey: undefined, timerLatenessMs: 1.1 }),
  );
  if (alice === undefined) throw new Error('alice has been started');
  const saidAtMs: number[] = [];
  const latenciesMs: number[] = [];
  world.watch({
    event(_host, event) {
      if (event.type === 'message') latenciesMs.push(world.nowMs - (saidAtMs[event.seq - 1] ?? 0));
    },
    protocol() {},
    note() {},
  });
  const say = (): void => {
    saidAtMs.push(world.nowMs);
    alice.say(Judge.text(alice.id, saidAtMs.length, 'x'.repeat(lineBytes)));
  };
  for (let pair = 0; pair < pairs; pair++) {
    world.after(5_000 + pair * everyMs, () => {
      say();
      say();
    });
  }
  world.runUntil(world.nowMs + pairs * everyMs + 60_000, () => latenciesMs.length === 2 * pairs);
  if (latenciesMs.length !== 2 * pairs) throw new Error(`only ${latenciesMs.length} lines came`);
  return latenciesMs.filter((ms, index) => index % 2 === 0 && ms > delayMs + jitterMs);
}
