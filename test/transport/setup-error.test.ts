import { expect, test } from '@jest/globals';
import { LookupError } from '../../src/transport/resolver.ts';
import { setupErrorOf } from '../../src/transport/setup-error.ts';

const wanted = { host: 'here.example', port: 80 };
const failure = (code: string) => Object.assign(new Error(`bind ${code}`), { code });

test.each([
  ['EADDRINUSE', 'port-taken', 'port 80 is taken (here.example:80); give another with --bind'],
  ['EADDRNOTAVAIL', 'bad-address', 'here.example:80 is not an address of this machine; give one with --bind'],
  ['EACCES', 'not-allowed', 'port 80 needs privileges; give one above 1023 with --bind'],
  ['EWHATEVER', 'bad-address', 'can not listen at here.example:80: EWHATEVER; give another with --bind'],
])('%s is told in one line that says how to mend it', (systemCode, code, message) => {
  const cause = failure(systemCode);
  expect(setupErrorOf(cause, wanted)).toMatchObject({ code, message, cause });
});

test('a name without an address is told with the reason', () => {
  const message = 'the name "here.example" has no address (ENOTFOUND); give one with --bind';
  expect(setupErrorOf(new LookupError('ENOTFOUND'), wanted)).toMatchObject({ code: 'bad-address', message });
});

test('a cause without a code is no reason to fail', () => {
  expect(setupErrorOf('odd', wanted).message).toContain('unknown');
});
