import { expect, test } from '@jest/globals';
import { wireNames, wireTraits } from '../../src/wires/traits.ts';

test('the wires are told to a user in one order, tincan first', () => {
  expect(wireNames).toEqual(['tincan', 'plain', 'tcp']);
});

test('a room key and pinned names need keys: no wire has them that has no identities', () => {
  for (const { hasIdentities, usesRoomKey } of Object.values(wireTraits))
    expect(hasIdentities || !usesRoomKey).toBe(true);
});
