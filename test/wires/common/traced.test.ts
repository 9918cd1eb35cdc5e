import { describe, expect, test } from '@jest/globals';
import type { Input, Output } from '../../../src/kernel/io.ts';
import { traceLinesMax, traceWindowMs } from '../../../src/wires/common/limits.ts';
import { PlainNode } from '../../../src/wires/plain/node.ts';
import type { TcpInput, TcpOutput } from '../../../src/wires/tcp/io.ts';
import { TcpNode } from '../../../src/wires/tcp/node.ts';
import { Traced } from '../../../src/wires/common/traced.ts';
import { plainWords } from '../../../src/wires/plain/words.ts';
import { tcpWords } from '../../../src/wires/tcp/words.ts';
import { CoreBench, utf8 } from '../../support/core.ts';

const settings = {
  name: 'alice',
  address: { ip: '10.0.0.1', port: 5000 },
  peers: [{ label: 'bob', host: 'bob.example', port: 5000 }],
  random: () => 0.5,
};
const BOB_AT = { ip: '10.0.0.2', port: 5000 };

function plainNode(): CoreBench<Input, Output> {
  const core = new PlainNode(settings);
  return new CoreBench<Input, Output>(
    new Traced<Input, Output>(
      core,
      plainWords((at) => core.labelAt(at)),
    ),
  );
}

function told(bench: { events(type: 'trace'): readonly unknown[] }): string[] {
  return bench.events('trace').map((event) => {
    const { direction, peer, text }: { direction?: string; peer?: string; text?: string } = Object(event);
    return `${direction} ${peer ?? '–'}: ${text}`;
  });
}

describe('the trace of wire plain', () => {
  test('the trace of wire plain tells each datagram and look-up while it is on, and nothing else', () => {
    const bench = plainNode();
    bench.give({ type: 'timeout' });
    expect(told(bench)).toEqual([]);
    bench.command({ type: 'trace', on: true });
    bench.give({ type: 'resolved', host: 'bob.example', ip: BOB_AT.ip });
    bench.say('hello');
    bench.give({ type: 'datagram', from: BOB_AT, bytes: utf8('hi') });
    expect(told(bench)).toEqual([
      'note –: bob.example is at 10.0.0.2',
      'out bob: a datagram to 10.0.0.2:5000: 5 B, one line; no answer will tell whether it arrived',
      'in bob: a datagram from 10.0.0.2:5000: 2 B, one line',
    ]);
    bench.command({ type: 'trace', on: false });
    bench.say('more');
    expect(told(bench)).toEqual([]);
  });

  test('the trace of wire plain is bounded, and counts what it leaves out', () => {
    const bench = plainNode();
    bench.give({ type: 'timeout' }, { type: 'resolved', host: 'bob.example', ip: BOB_AT.ip });
    bench.command({ type: 'trace', on: true });
    for (let line = 0; line < 100; line += 1) bench.say('x');
    expect(told(bench)).toHaveLength(traceLinesMax);
    bench.pass(traceWindowMs);
    expect(told(bench)).toEqual([`note –: … and ${100 - traceLinesMax} more`]);
    expect(bench.core.deadline()).toBeUndefined();
  });
});

test('the trace of wire tcp tells a connection’s life, and what crosses it', () => {
  const core = new TcpNode(settings);
  const bench = new CoreBench<TcpInput, TcpOutput>(
    new Traced<TcpInput, TcpOutput>(
      core,
      tcpWords((connection) => core.labelOf(connection)),
    ),
  );
  bench.command({ type: 'trace', on: true });
  bench.give(
    { type: 'timeout' },
    { type: 'resolved', host: 'bob.example', ip: BOB_AT.ip },
    { type: 'opened', connection: 1, dial: 1, local: settings.address, remote: BOB_AT },
  );
  bench.say('hello');
  bench.give(
    { type: 'flushed', connection: 1, bytes: 6 },
    { type: 'received', connection: 1, bytes: utf8('hi\n') },
    { type: 'ended', connection: 1 },
    { type: 'closed', connection: 1, failure: undefined },
  );
  expect(told(bench)).toEqual([
    'note –: asks for the address of bob.example',
    'note –: bob.example is at 10.0.0.2',
    'out –: asks 10.0.0.2:5000 for a connection (SYN)',
    'note –: connection 1: open with 10.0.0.2:5000, dialled by this node',
    'note bob: connection 1: this node reads from it',
    'out bob: connection 1: 6 B',
    'note bob: connection 1: the kernel has taken 6 B, and will send them',
    'in bob: connection 1: 3 B',
    'in bob: connection 1: the other side has nothing more to say (FIN)',
    'out bob: connection 1: this node has nothing more to say (FIN)',
    'note bob: connection 1: closed',
  ]);
});
