import { expect, test } from '@jest/globals';
import { defaultName } from '../../src/app/default-name.ts';

test('a host name that somebody has chosen is the name', () => {
  for (const chosen of ['alice', 'laptop-7', 'deadbeef', 'room.example'])
    expect(defaultName(chosen)).toBe(chosen);
});

test('a container that goes by its id gets a name that can be read, and the same at each start', () => {
  expect(defaultName('3f2a9c01b7de')).toMatch(/^[a-z]+-[a-z]+-b7de$/);
  expect(defaultName('3f2a9c01b7de')).toBe(defaultName('3f2a9c01b7de'));
});

test('a thousand containers have a thousand names', () => {
  const ids = Array.from({ length: 1_000 }, (_, index) =>
    ((index + 1) * 0x1234_5678_9ab).toString(16).padStart(12, '0').slice(-12),
  );
  const names = ids.map((id) => defaultName(id));
  expect(new Set(names).size).toBe(new Set(ids).size);
});
