import { test, expect } from '@jest/globals';
import { kcpLinkBounds, kcpLinkTable, runKcpLink } from './kcp-link.ts';
import { tincan } from './tincan.ts';

const seeds = 20;

test("on KCP's test link every echo is in order, 99 % within 180 ms, for at most 1,050 packets", () => {
  const rows = Array.from({ length: seeds }, (_, index) => runKcpLink(index + 1, tincan));
  for (const { seed, p99Ms, clientPackets } of rows) {
    expect({ seed, isFast: p99Ms <= kcpLinkBounds.p99Ms }).toEqual({ seed, isFast: true });
    expect({ seed, isFrugal: clientPackets <= kcpLinkBounds.clientPackets }).toEqual({
      seed,
      isFrugal: true,
    });
  }
  // Two ways of 30 ms are the least that a round trip can take: figures below that would mean a broken clock.
  for (const { p50Ms } of rows) expect(p50Ms).toBeGreaterThan(60);
  const table = kcpLinkTable(rows);
  expect(table.split('\n')).toHaveLength(seeds + 5);
}, 60_000);
