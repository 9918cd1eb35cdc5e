/** All scenarios, in the order of the report. */
import { allAtOnce } from './all-at-once.ts';
import { bandwidth } from './bandwidth.ts';
import { bothKilled } from './both-killed.ts';
import { blackholeOneWay } from './blackhole-one-way.ts';
import { burstLoss } from './burst-loss.ts';
import { clean } from './clean.ts';
import { corruption } from './corruption.ts';
import { delayAndJitter } from './delay-jitter.ts';
import { duplication } from './duplication.ts';
import { killedInAStorm } from './killed-in-a-storm.ts';
import { lossTwenty } from './loss-20.ts';
import { lossFive } from './loss-5.ts';
import { lossFifty } from './loss-50.ts';
import { networkCut } from './network-cut.ts';
import { partition } from './partition.ts';
import { peerKilled } from './peer-killed.ts';
import { peerPaused } from './peer-paused.ts';
import { peerReaddressed } from './peer-readdressed.ts';
import { relayRestarted } from './relay-restarted.ts';
import { reordering } from './reordering.ts';
import type { Scenario } from './scenario.ts';
import { truncation } from './truncation.ts';

export const SCENARIOS: readonly Scenario[] = [
  clean,
  lossFive,
  lossTwenty,
  lossFifty,
  burstLoss,
  duplication,
  reordering,
  corruption,
  truncation,
  delayAndJitter,
  bandwidth,
  blackholeOneWay,
  partition,
  allAtOnce,
  peerPaused,
  peerKilled,
  bothKilled,
  killedInAStorm,
  peerReaddressed,
  networkCut,
  relayRestarted,
];
