/** A plan in words, for whoever replays a run. Owns: the wording. */
import type { Impairment } from '../../src/relay/model/impairment.ts';
import type { Change, Plan } from './plan.ts';

/** Who is there, and what is done to the network until it heals; what is done to hosts stands in the diagram. */
export function planWords({
  hosts,
  inRoom,
  memoryMaxBytes,
  isOneMachine,
  linesAtOnce,
  turnMs,
  faultsEndMs,
  changes,
}: Plan): string {
  const attacks = changes.filter(({ type }) => type === 'attack').length;
  return [
    `Hosts, in ${inRoom ? 'a room with a key' : 'an open room'}:`,
    ...hosts.map(({ name, peers, startsAtMs }) => {
      const from = startsAtMs > 0 ? `, from ${startsAtMs.toFixed(0)} ms on` : '';
      return `  ${name} seeks ${peers.join(' and ') || 'nobody'}${from}`;
    }),
    ...(linesAtOnce === 1 ? [] : [`They say up to ${linesAtOnce} lines at once, as a pipe does.`]),
    ...(isOneMachine ? ['All have addresses of one machine.'] : []),
    ...(turnMs === 0 ? [] : [`They answer all that ${turnMs} ms bring at once.`]),
    ...(memoryMaxBytes === undefined ? [] : [`Memory of each: ${memoryMaxBytes} B`]),
    `Faults of the network, until it heals at ${faultsEndMs.toFixed(0)} ms:`,
    ...changes.flatMap((change) =>
      change.type === 'impair' ? [`  ${change.atMs.toFixed(0).padStart(6)} ms  ${changeWords(change)}`] : [],
    ),
    ...(attacks > 0 ? [`Mallory, who has no key, strikes ${attacks} times.`] : []),
  ].join('\n');
}

export function changeWords(change: Extract<Change, { type: 'impair' | 'attack' }>): string {
  if (change.type === 'attack') return `mallory: ${change.attack} ×${change.times}`;
  return `${change.from}>${change.to}: ${impairmentWords(change.impairment)}`;
}

function impairmentWords(impairment: Impairment): string {
  const { lossRate, burstLoss, duplicateRate, reorderRate, corruptRate, blackholes } = impairment;
  const { mtuBytes, delayMs, jitterMs, bandwidthBitsPerSecond } = impairment;
  const words = [
    ...(lossRate > 0 ? [`${percent(lossRate)} lost`] : []),
    ...(burstLoss === undefined ? [] : [`bursts of loss, one begins at ${percent(burstLoss.enterRate)}`]),
    ...(duplicateRate > 0 ? [`${percent(duplicateRate)} doubled`] : []),
    ...(reorderRate > 0 ? [`${percent(reorderRate)} held back`] : []),
    ...(corruptRate > 0 ? [`${percent(corruptRate)} corrupted`] : []),
    ...blackholes.map(
      ({ fromMs, untilMs }) => `nothing passes from ${fromMs.toFixed(0)} to ${untilMs.toFixed(0)} ms`,
    ),
    ...(mtuBytes === undefined ? [] : [`datagrams of up to ${mtuBytes} B`]),
    ...(bandwidthBitsPerSecond === undefined ? [] : [`${bandwidthBitsPerSecond / 1_000} kbit/s`]),
    jitterMs > 0 ? `${delayMs} to ${delayMs + jitterMs} ms on the way` : `${delayMs} ms on the way`,
  ];
  return words.join(', ');
}

function percent(rate: number): string {
  return `${(rate * 100).toFixed(rate < 0.1 ? 1 : 0)} %`;
}
