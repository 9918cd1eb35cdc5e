import { expect, test } from '@jest/globals';
import { complete } from '../../../src/ui/terminal/completion.ts';

const words = {
  commands: new Map([
    ['/me', []],
    ['/msg', []],
    ['/peers', []],
    ['/trace', ['on', 'off']],
  ]),
  names: ['alice', 'bob', 'bobby', 'Zoë', 'mad hatter'],
};

test.each([
  ['/p', 'eers ', []],
  ['/m', '', ['/me', '/msg']],
  ['/x', '', []],
  ['al', 'ice: ', []],
  ['well, al', 'ice ', []],
  ['bo', 'b', ['bob', 'bobby']],
  ['/msg bob', '', ['bob', 'bobby']],
  ['/msg al', 'ice ', []],
  ['/msg mad h', 'atter ', []],
  ['mad h', 'atter: ', []],
  ['Zo', 'ë: ', []],
  ['/trace o', '', ['off', 'on']],
  ['/trace of', 'f ', []],
  ['/trace  ', 'o', ['off', 'on']],
  ['/trace al', '', []],
  ['/trace on o', '', []],
  ['', '', []],
  ['alice ', '', []],
])('after %j, Tab adds %j and offers %j', (before, insert, candidates) => {
  expect(complete(before, words)).toEqual({ insert, candidates });
});
