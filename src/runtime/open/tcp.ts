/** Wire `tcp`: what the tutorial recommends, a line a line of a connection. */
import type { Event } from '../../kernel/contract.ts';
import { TcpTransport } from '../../transport/tcp.ts';
import type { TcpInput, TcpOutput } from '../../wires/tcp/io.ts';
import { TcpNode } from '../../wires/tcp/node.ts';
import { Traced } from '../../wires/common/traced.ts';
import { tcpWords } from '../../wires/tcp/words.ts';
import { Driver } from '../driver.ts';
import type { NetworkSettings } from '../settings.ts';
import { type RunningWire, runningWire } from '../running-wire.ts';

export async function openTcp(
  { name, bind, peers }: NetworkSettings,
  onEvents: (events: readonly Event[]) => void,
): Promise<RunningWire> {
  const transport = await TcpTransport.open(bind, (input) => driver.input(input));
  const tcp = new TcpNode({ name, address: transport.address, peers, random: Math.random });
  const core = new Traced<TcpInput, TcpOutput>(
    tcp,
    tcpWords((connection) => tcp.labelOf(connection)),
  );
  const driver = new Driver(core, transport, onEvents);
  return runningWire(driver, transport);
}
