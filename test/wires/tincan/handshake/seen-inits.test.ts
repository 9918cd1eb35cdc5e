import { expect, test } from '@jest/globals';
import { SeenInits } from '../../../../src/wires/tincan/handshake/seen-inits.ts';
import { seenInitsMax } from '../../../../src/wires/tincan/limits.ts';
import { nodeCrypto } from '../../../../src/runtime/crypto.ts';
import { alice } from './handshake-pair.ts';

const fresh = (): Uint8Array => nodeCrypto.randomBytes(16);

test('the memory of messages 1 is bounded, and its oldest goes first', () => {
  const seen = new SeenInits();
  const [oldest, second] = [fresh(), fresh()];
  const rest = Array.from({ length: seenInitsMax - 1 }, fresh);
  for (const mac1 of [oldest, second, ...rest]) seen.onReceived(mac1, alice, 0);
  expect(seen.onReceived(second, alice, 60_000)).toBeUndefined();
  expect(seen.onReceived(oldest, alice, 60_000)).toBeDefined();
});

test('what an earlier run has seen is a replay in the next one, and is not kept a second time', () => {
  const kept: Uint8Array[] = [];
  const [received, own] = [fresh(), fresh()];
  const first = new SeenInits({ known: [], keep: (mac1) => kept.push(mac1) });
  first.onReceived(received, alice, 0);
  first.onReceived(received, alice, 400);
  first.onSent(own);
  expect(kept).toEqual([received, own]);
  const next = new SeenInits({ known: kept, keep: (mac1) => kept.push(mac1) });
  expect(next.onReceived(received, alice, 500)).toBeUndefined();
  expect(next.onReceived(own, alice, 500)).toBeUndefined();
  expect(kept).toHaveLength(2);
});
