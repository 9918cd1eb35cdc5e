/** The real relay, as a child process on loopback, between two sockets. */
import { expect, test } from '@jest/globals';
import { Can, RelayProgram } from '../support/relay-program.ts';
import { untilTrue } from '../support/wait.ts';

const texts = (count: number, name: string): string[] =>
  Array.from({ length: count }, (_, index) => `${name} ${index}`);

test('it forwards both ways, and answers in order', async () => {
  await using alice = await Can.open();
  await using bob = await Can.open();
  await using relay = await RelayProgram.start(alice, bob);
  await alice.send(relay.port, ...texts(50, 'a'));
  await bob.send(relay.port, ...texts(50, 'b'));
  await untilTrue('all to arrive', () => alice.heard.length + bob.heard.length === 100);
  expect(bob.heard).toEqual(texts(50, 'a'));
  expect(alice.heard).toEqual(texts(50, 'b'));
  relay.program.say('counts', 'nonsense', '{"type":"counts","ref":"last"}');
  await relay.line('counts', ({ ref }) => ref === 'last');
  const answers = relay.program.stdout.lines.slice(3).map((line) => /"type":"([^"]+)"/.exec(line)?.[1]);
  expect(answers).toEqual(['counts', 'error', 'counts']);
  expect(relay.lines('counts')[0]).toMatchObject({
    directions: { 'alice>bob': { offered: 50, departed: 50 }, 'bob>alice': { offered: 50, departed: 50 } },
    strangers: 0,
    sendErrors: 0,
  });
});
