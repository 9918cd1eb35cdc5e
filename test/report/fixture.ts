/**
 * Results to test the report with: the relay's own impairment model in virtual time, and lines that cross it one datagram
 * each, as on wire `plain`. No container runs, and no figure here was measured.
 *
 * Owns: one case of each kind: every fate, every verdict, every part of the evidence, from one seed.
 */
import { ImpairedDirection } from '../../src/relay/model/direction.ts';
import { type Impairment, unimpaired } from '../../src/relay/model/impairment.ts';
import { enhancedPacket, interfaceDescription, sectionHeader } from '../../src/relay/report/pcapng.ts';
import { captureLinks } from './captures.ts';
import type { CaptureLink } from './case-view.ts';
import { Random } from '../../src/relay/model/random.ts';
import type { Arrow, Evidence, Flow, LabCase, Line, Phase, Results, Scenario } from './results.ts';
import { keptMax } from './results.ts';

const seed = 7;
const paceMs = 4;
const linesSaid = 120;

const scenarios: readonly Scenario[] = [
  {
    id: 'clean',
    title: 'Clean',
    proves: 'Without a fault every line arrives once and in order.',
    see: 'Level arrows, one for each datagram.',
  },
  {
    id: 'all-at-once',
    title: 'All at once',
    proves: 'Loss, doubles, reordering and corruption together change when a line arrives, never whether.',
    see: 'Arrows that end, fork, cross and kink.',
  },
  {
    id: 'partition',
    title: 'Partition',
    proves: 'Lines said into a partition arrive after it.',
    see: 'Nothing comes through the shaded stretch.',
  },
  {
    id: 'paused',
    title: 'Peer paused',
    proves: 'A peer that stands still loses nothing.',
    see: 'The lines wait, and then arrive in one go.',
  },
];

const faults: Readonly<Record<string, Impairment>> = {
  clean: { ...unimpaired, delayMs: 1, jitterMs: 0.5 },
  'all-at-once': {
    ...unimpaired,
    lossRate: 0.12,
    duplicateRate: 0.12,
    reorderRate: 0.12,
    corruptRate: 0.08,
    delayMs: 5,
    jitterMs: 6,
  },
  partition: { ...unimpaired, delayMs: 2, blackholes: [{ fromMs: 150, untilMs: 400 }] },
  // The silence before the first arrival has a length with as many digits as are ever told.
  paused: { ...unimpaired, delayMs: 160.5, jitterMs: 50 },
};

export function fixtureResults(): Results {
  return {
    schemaVersion: 1,
    run: {
      startedAt: '2026-01-02T03:04:05.678Z',
      tookMs: 61_234,
      versions: { tincan: '0.1.0', node: '26.10.0', engine: '26.1.5', kernel: '6.1.0' },
      capabilities: [
        { name: 'netem', available: false, detail: 'this kernel has no sch_netem' },
        { name: 'net.core.rmem_max', available: true, detail: '4194304' },
      ],
    },
    scenarios,
    cases: [
      ran('clean', 'tincan', { type: 'pass' }),
      ran('clean', 'plain', { type: 'pass' }),
      unsupported('clean', 'tcp'),
      ran('all-at-once', 'tincan', {
        type: 'fail',
        reasons: ['bob heard line 12 twice', 'alice lost line 40'],
      }),
      ran('all-at-once', 'plain', { type: 'pass' }),
      ran('partition', 'plain', { type: 'pass' }),
      ran('partition', 'tincan', { type: 'vacuous', reason: 'no datagram fell into the partition' }),
      paused(),
    ],
  };
}

function unsupported(scenario: string, wire: LabCase['wire']): LabCase {
  const reason = 'the relay forwards UDP only';
  return { scenario, wire, backend: 'relay', verdict: { type: 'unsupported', reason } };
}

function ran(scenario: string, wire: LabCase['wire'], verdict: LabCase['verdict']): LabCase {
  return { scenario, wire, backend: 'relay', verdict, evidence: evidenceOf(scenario, wire) };
}

/** Nobody stands on the way: no datagrams, only lines. */
function paused(): LabCase {
  const evidence = evidenceOf('paused', 'tcp');
  const flows = evidence.flows.map((flow) => ({
    ...flow,
    datagramCounts: undefined,
    kernelDrops: undefined,
  }));
  return {
    scenario: 'paused',
    wire: 'tcp',
    backend: 'engine',
    verdict: { type: 'pass' },
    evidence: { ...evidence, flows, arrows: [], arrowsOmitted: 0 },
  };
}

function evidenceOf(scenario: string, wire: string): Evidence {
  const impairment = faults[scenario] ?? unimpaired;
  const directions = [crossing('alice', 'bob', 0, impairment), crossing('bob', 'alice', 1, impairment)];
  const arrows = directions
    .flatMap((direction) => direction.arrows)
    .toSorted((a, b) => a.relayMs - b.relayMs);
  const phases: readonly Phase[] = impairment.blackholes.map((hole) => ({ what: 'partition', ...hole }));
  return {
    seed,
    replay: `npm run lab:scenario -- ${scenario} --wire ${wire} --seed ${seed}`,
    tookMs: 2_345,
    flows: directions.map(({ flow }) => flow),
    arrows: arrows.slice(0, keptMax.arrows),
    arrowsOmitted: Math.max(0, arrows.length - keptMax.arrows),
    phases,
    recoveries: phases.map(({ what, untilMs }) => ({
      after: what,
      what: 'alice → bob',
      fromMs: untilMs,
      tookMs: 12,
    })),
    transcripts: [
      {
        program: 'alice',
        stream: 'stdout',
        lines: Array.from({ length: 80 }, (_, at) => `bob: line ${at}`),
        linesOmitted: 40,
      },
      {
        program: 'relay',
        stream: 'stderr',
        lines: [`ready relay 0.0.0.0:5000 ${'.'.repeat(400)}`],
        linesOmitted: 0,
      },
    ],
    capture: { file: `captures/${scenario}-${wire}.pcapng` },
  };
}

interface Crossed {
  readonly flow: Flow;
  readonly arrows: readonly Arrow[];
}

function crossing(from: string, to: string, direction: number, impairment: Impairment): Crossed {
  const link = new ImpairedDirection<Line>(seed, direction, impairment);
  const lines = new Map<
    number,
    { readonly number: number; readonly saidMs: number; readonly heardMs: number[] }
  >();
  const arrows: Arrow[] = [];
  for (let number = 0; number < linesSaid; number++) {
    const saidMs = number * paceMs + direction * 1.7;
    const line = { number, saidMs, heardMs: [] };
    lines.set(number, line);
    const verdict = link.offer(new Uint8Array(60 + (number % 7)), line, saidMs + 0.1);
    const fate: Arrow['fate'] =
      verdict.type === 'dropped'
        ? { type: 'dropped', cause: verdict.cause }
        : {
            type: 'passed',
            duplicated: verdict.duplicated,
            held: verdict.held,
            corrupted: verdict.corrupted,
          };
    arrows.push({
      from,
      to,
      index: number,
      bytes: 60 + (number % 7),
      label: number % 9 === 4 ? 'handshake 1' : 'line',
      sentMs: saidMs,
      relayMs: saidMs + 0.1,
      fate,
      arrivedMs: [],
    });
  }
  const orderHeard: number[] = [];
  for (const departure of link.depart(Infinity)) {
    lines.get(departure.context.number)?.heardMs.push(departure.atMs + 0.1);
    orderHeard.push(departure.context.number);
  }
  const { dropped, ...counts } = link.counts();
  const told = [...lines.values()];
  return {
    arrows: arrows.map((arrow) => ({ ...arrow, arrivedMs: lines.get(arrow.index)?.heardMs ?? [] })),
    flow: {
      from,
      to,
      lineCounts: {
        said: told.length,
        heard: orderHeard.length,
        lost: told.filter(({ heardMs }) => heardMs.length === 0).length,
        undelivered: 0,
        duplicated: told.filter(({ heardMs }) => heardMs.length > 1).length,
        reordered: orderHeard.filter((number, at) =>
          orderHeard.slice(0, at).some((before) => before > number),
        ).length,
        altered: 0,
      },
      datagramCounts: { ...counts, dropped },
      kernelDrops: { RcvbufErrors: 0 },
      lines: told,
      linesOmitted: 0,
    },
  };
}

/** A capture, as the relay writes it. What the packets hold is noise, as ciphertext would be: nothing to compress. */
export function fixturePcapng(packets: number): Uint8Array {
  const noise = new Random(seed);
  return Buffer.concat([
    sectionHeader({ application: 'fixture', comment: '' }),
    interfaceDescription({ name: 'alice', description: '' }),
    ...Array.from({ length: packets }, (_, at) =>
      enhancedPacket({
        interfaceNumber: 0,
        atMs: at,
        packet: noise.bytes(100),
        comment: 'passed',
        dropCount: 0,
      }),
    ),
  ]);
}

/** What the cases name as their captures. */
export function fixtureCaptures(): ReadonlyMap<string, CaptureLink> {
  const names = fixtureResults().cases.flatMap(({ evidence }) => evidence?.capture?.file ?? []);
  return captureLinks(new Map(names.map((name, at) => [name, fixturePcapng(at + 1)])));
}
