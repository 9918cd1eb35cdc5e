import { expect, test } from '@jest/globals';
import { recoveryMaxMs, recoveryMs } from './recovery-link.ts';
import { tincan } from './tincan.ts';

test('a lost line that nothing repairs in passing comes after little more than a round trip', () => {
  const ms = recoveryMs(tincan);
  expect(ms).toBeLessThan(recoveryMaxMs);
  // Below this, nothing was lost, and nothing was measured.
  expect(ms).toBeGreaterThan(205);
});
