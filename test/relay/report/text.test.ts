import { expect, test } from '@jest/globals';
import { eventText } from '../../../src/relay/report/text.ts';

test.each(['warning', 'error'] as const)(
  'a %s that repeats what somebody wrote is one harmless line',
  (type) => {
    const noCounts = () => {
      throw new Error('a message needs no counts');
    };
    expect(eventText({ type, code: 'c', message: 'no word "\u001B[2J\nclosed"' }, noCounts)).toBe(
      `${type}: no word "\u241B[2J\u240Aclosed"\n`,
    );
  },
);
