import { createSocket } from 'node:dgram';
import { expect, test } from '@jest/globals';
import type { Address } from '../../src/kernel/contract.ts';
import { SetupError } from '../../src/kernel/errors.ts';
import { MulticastTransport } from '../../src/transport/multicast.ts';
import { type UdpInput, UdpTransport } from '../../src/transport/udp.ts';
import { untilTrue } from '../support/wait.ts';

interface Opened extends AsyncDisposable {
  readonly transport: MulticastTransport;
  readonly inputs: UdpInput[];
}

/** On the loopback interface alone: nothing leaves this machine. */
async function open(groups: readonly Address[]): Promise<Opened> {
  const inputs: UdpInput[] = [];
  const handlers = {
    onInput: (input: UdpInput) => inputs.push(input),
    onSendFailed: (error: Error) => {
      throw error;
    },
  };
  const udp = await UdpTransport.open({ host: '127.0.0.1', port: 0 }, handlers);
  const transport = await MulticastTransport.open(udp, groups, handlers);
  return { transport, inputs, [Symbol.asyncDispose]: () => transport.close() };
}

/** A port that was free a moment ago. */
async function groupsOn(share: (port: number) => Promise<void>): Promise<void> {
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  await new Promise<void>((resolve) => {
    socket.bind(0, '0.0.0.0', resolve);
  });
  try {
    await share(socket.address().port);
  } finally {
    socket.close();
  }
}

test('what is sent to a group is heard by each that shares its port, from the address of the interface', async () => {
  await groupsOn(async (port) => {
    const group = { ip: '239.192.84.67', port };
    await using a = await open([group, { ip: 'ff12::5443', port }]);
    await using b = await open([group]);
    a.transport.perform({ type: 'datagram', to: group, bytes: Uint8Array.of(1, 2) });
    await untilTrue('both to hear it', () => a.inputs.length === 1 && b.inputs.length === 1);
    expect(b.inputs[0]).toEqual({
      type: 'datagram',
      from: { ip: '127.0.0.1', port: expect.any(Number) },
      bytes: Buffer.of(1, 2),
    });
    // All others go their usual way; a group of the other family goes nowhere.
    a.transport.perform({ type: 'datagram', to: { ip: 'ff12::5443', port }, bytes: Uint8Array.of(3) });
    a.transport.perform({ type: 'datagram', to: b.transport.address, bytes: Uint8Array.of(4) });
    await untilTrue('the datagram', () => b.inputs.length === 2);
    expect(b.inputs[1]).toEqual({ type: 'datagram', from: a.transport.address, bytes: Buffer.of(4) });
    expect(a.inputs).toHaveLength(1);
  });
});

test('a port of a group that somebody has for himself is a mistake of the set-up', async () => {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => {
    socket.bind(0, '0.0.0.0', resolve);
  });
  const { port } = socket.address();
  await expect(open([{ ip: '239.192.84.67', port }])).rejects.toThrow(SetupError);
  socket.close();
});
