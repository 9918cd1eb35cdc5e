import { expect, test } from '@jest/globals';
import { fixtureResults } from './fixture.ts';
import { junitXml } from './junit.ts';

test('failed and vacuous cases are failures with their replay line, unsupported ones are skipped, and the sums agree', () => {
  const xml = junitXml(fixtureResults());
  expect(xml).toContain(
    '<testsuites name="tincan fault lab" tests="8" failures="2" skipped="1" errors="0" time="61.234"',
  );
  expect(xml).toContain('<testsuite name="clean" tests="3" failures="0" skipped="1"');
  expect(xml).toContain('<testcase classname="clean" name="plain, relay" time="2.345"></testcase>');
  expect(xml).toContain('<skipped message="the relay forwards UDP only"/>');
  expect(xml).toContain(
    '<failure type="fail" message="bob heard line 12 twice; alice lost line 40">replay: npm run lab:scenario -- all-at-once --wire tincan --seed 7</failure>',
  );
  expect(xml).toContain('<failure type="vacuous" message="no datagram fell into the partition">');
  expect(xml.match(/<failure /gu)).toHaveLength(2);
});
