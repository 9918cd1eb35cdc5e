/** The wire as it is on a real network: the second decoder reads what two nodes in containers have sent, given one's keys. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { Decoder } from '../decoder/decoder.ts';
import { framesOf, linesOf, packetsOf } from '../decoder/reading.ts';
import { INTEROP_IMAGE, NODE_IMAGE } from './engine.ts';
import type { LabNode } from './lab-node.ts';
import { Lab } from './lab.ts';
import { captured, sniff } from './sniffer.ts';
import { describeWithImages } from './suite.ts';

const ROOM_KEY = 'two cans, one string';
/** Beside the program's own files, so that its imports lead to them. */
const GLASS = '/app/test/containers/glass.ts';

await describeWithImages('captured packets', [NODE_IMAGE, INTEROP_IMAGE], () => {
  test.each([
    ['in a room with a key', ROOM_KEY],
    ['in an open room', undefined],
  ])(
    'captured packets are read by the decoder that was written from the specification, %s',
    async (_where, roomKey) => {
      await using lab = await Lab.start({
        nodes: ['alice'],
        wire: 'tincan',
        ...(roomKey === undefined ? {} : { roomKey }),
      });
      const { alice } = lab.nodes;
      const sniffer = await sniff(lab, alice);
      const bob = await lab.join('bob', {
        peers: ['alice'],
        entrypoint: ['node', '--import', GLASS, '/app/src/main.ts'],
        files: { [GLASS]: readFileSync(new URL('glass.ts', import.meta.url), 'utf8') },
      });
      await alice.notes(/^joined: bob/);
      const said = ['hello', 'é'.repeat(20_000), 'and goodbye'];
      for (const text of said) {
        await bob.says(text);
        await alice.hears('bob', text);
      }
      await alice.says('hi yourself');
      await bob.hears('alice', 'hi yourself');
      expect(await bob.endInput()).toBe(0);
      await alice.notes(/^left: bob/);

      const decoder = new Decoder({ roomKey, privateKeys: keysOf(bob) });
      const decoded = captured(sniffer).map(({ payload }) => decoder.decode(Buffer.from(payload, 'hex')));
      expect(decoded.slice(0, 3)).toMatchObject([
        { type: 'init' },
        { type: 'response', name: 'alice' },
        { type: 'finish', name: 'bob' },
      ]);
      expect(decoded.filter(({ type }) => type === 'unknown')).toEqual([]);
      const packets = packetsOf(decoded);
      expect(linesOf(packets.filter(({ from }) => from === 'initiator'))).toEqual(said);
      expect(linesOf(packets.filter(({ from }) => from === 'responder'))).toEqual(['hi yourself']);
      expect(framesOf(packets, 'receipt').map(({ seq }) => seq)).toContain(said.length);
      expect(framesOf(packets, 'close')).not.toEqual([]);
    },
  );
});

function keysOf(node: LabNode): Uint8Array[] {
  const told = node.stderr.lines.filter((line) => line.startsWith('key '));
  return told.map((line) => Uint8Array.from(Buffer.from(line.slice('key '.length), 'hex')));
}
