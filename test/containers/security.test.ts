/** Nobody else gets in: what a stranger on the same network can do to two nodes that share a room key, which is nothing. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { INTEROP_IMAGE, NODE_IMAGE } from './engine.ts';
import { Lab } from './lab.ts';
import type { Program } from './program.ts';
import { type CapturedDatagram, captured, sniff } from './sniffer.ts';
import { describeWithImages } from './suite.ts';

const STRANGER = readFileSync(new URL('stranger.py', import.meta.url), 'utf8');
const ROOM_KEY = 'two cans, one string';

await describeWithImages('strangers', [NODE_IMAGE, INTEROP_IMAGE], () => {
  // One room for all that is tried on it: what one stranger has done must not have helped the next.
  let lab: Lab<'alice' | 'bob'>;
  let sniffer: Program;
  beforeAll(async () => {
    lab = await Lab.start({ nodes: ['alice', 'bob'], wire: 'tincan', roomKey: ROOM_KEY });
    sniffer = await sniff(lab, lab.nodes.alice);
  });
  afterAll(() => lab[Symbol.asyncDispose]());

  test('nothing that is said can be read on the network', async () => {
    const { alice, bob } = lab.nodes;
    await alice.says('the password is swordfish');
    await bob.hears('alice', 'the password is swordfish');
    const bobIp = await bob.ip();
    const onTheWay = (): true | undefined =>
      captured(sniffer).some(({ to }) => to.startsWith(`${bobIp}:`)) || undefined;
    await sniffer.stdout.until('a datagram from alice to bob', onTheWay);
    const word = Buffer.from('swordfish').toString('hex');
    expect(captured(sniffer).filter(({ payload }) => payload.includes(word))).toEqual([]);
  });

  test('a node with another room key draws no answer at all', async () => {
    const { alice, bob } = lab.nodes;
    const mallory = await lab.join('mallory', { peers: ['alice'], roomKey: 'another key' });
    const malloryIp = await mallory.ip();
    const asked = (): true | undefined =>
      captured(sniffer).filter(({ from }) => from.startsWith(`${malloryIp}:`)).length >= 3 || undefined;
    await sniffer.stdout.until('mallory to have asked alice three times', asked, [mallory.stderr]);

    await alice.says('still here');
    await bob.hears('alice', 'still here');
    expect(captured(sniffer).filter(({ to }) => to.startsWith(`${malloryIp}:`))).toEqual([]);
    expect(mallory.stderr.lines.filter((line) => line.startsWith('joined'))).toEqual([]);
    expect(alice.stderr.lines.filter((line) => line.includes('mallory'))).toEqual([]);
  });

  test('forged and replayed datagrams change nothing and draw no answer', async () => {
    const { alice, bob } = lab.nodes;
    const stranger = await lab.run({
      image: INTEROP_IMAGE,
      name: 'stranger',
      entrypoint: ['python3', '-c', STRANGER],
      command: [],
    });
    await stranger.prints(/^ready$/);
    const notedBefore = { alice: alice.stderr.lines.length, bob: bob.stderr.lines.length };
    const heardBefore = { alice: alice.heardFromAll.length, bob: bob.heardFromAll.length };
    const capturedBefore = captured(sniffer).length;
    for (const round of [1, 2, 3]) {
      await alice.says(`before ${round}`);
      await bob.hears('alice', `before ${round}`);
      await bob.says(`answer ${round}`);
      await alice.hears('bob', `answer ${round}`);
    }

    // Each of the six lines took a datagram at least; the sniffer tells of them a little later.
    const sixDatagrams = (): true | undefined => captured(sniffer).length >= capturedBefore + 6 || undefined;
    await sniffer.stdout.until('six datagrams to pass the sniffer', sixDatagrams);
    const attacks = captured(sniffer).slice(-40).flatMap(forgeries);
    expect(attacks.length).toBeGreaterThan(100);
    await stranger.container.write(`${attacks.join('\n')}\ncount\n`);
    await stranger.prints(new RegExp(`^sent ${attacks.length}$`));

    await alice.says('after');
    await bob.hears('alice', 'after');
    await bob.says('after too');
    await alice.hears('bob', 'after too');
    const answers = ['bob: answer 1', 'bob: answer 2', 'bob: answer 3', 'bob: after too'];
    expect(alice.heardFromAll.slice(heardBefore.alice)).toEqual(answers);
    expect(bob.heardFromAll.slice(heardBefore.bob)).toEqual([
      'alice: before 1',
      'alice: before 2',
      'alice: before 3',
      'alice: after',
    ]);
    expect(stranger.stdout.lines.filter((line) => line.startsWith('answered'))).toEqual([]);
    const strangerIp = await stranger.ip();
    // The attack arrived: a check of nothing would pass as well.
    const aliceIp = await alice.ip();
    const aimedAtAlice = attacks.filter((attack) => attack.startsWith(`self ${aliceIp}:`)).length;
    expect(aimedAtAlice).toBeGreaterThan(10);
    const arrived = (): true | undefined =>
      captured(sniffer).filter(({ from }) => from.startsWith(`${strangerIp}:`)).length >= aimedAtAlice ||
      undefined;
    await sniffer.stdout.until('the attack to pass the sniffer', arrived);
    expect(captured(sniffer).filter(({ to }) => to.startsWith(`${strangerIp}:`))).toEqual([]);
    const noted = [
      ...alice.stderr.lines.slice(notedBefore.alice),
      ...bob.stderr.lines.slice(notedBefore.bob),
    ];
    expect(noted.filter((line) => /^(left|warning)/.test(line))).toEqual([]);
  });
});

/** What can be made of one captured datagram without a key: replayed from anywhere, flipped, cut, spliced. */
function forgeries({ from, to, payload }: CapturedDatagram): string[] {
  const bytes = Buffer.from(payload, 'hex');
  const flipped = [0, 1, 5, bytes.length >> 1, bytes.length - 1].map((at) => {
    const copy = Buffer.from(bytes);
    copy[at] = (copy[at] ?? 0) ^ 1;
    return copy.toString('hex');
  });
  const cut = bytes.subarray(0, bytes.length >> 1).toString('hex');
  const longer = `${payload}00`;
  const noise = Buffer.from(
    bytes.map((byte, index) => (index < 9 ? byte : (byte * 7 + index) & 0xff)),
  ).toString('hex');
  return [payload, ...flipped, cut, longer, noise].flatMap((forged) => [
    `${from} ${to} ${forged}`,
    `self ${to} ${forged}`,
  ]);
}
