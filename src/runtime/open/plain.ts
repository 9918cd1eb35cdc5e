/** Wire `plain`: the tutorial's, a line a datagram. */
import type { Address, Event } from '../../kernel/contract.ts';
import type { Input, Output } from '../../kernel/io.ts';
import { PlainNode } from '../../wires/plain/node.ts';
import { Traced } from '../../wires/common/traced.ts';
import { plainWords } from '../../wires/plain/words.ts';
import type { NetworkSettings } from '../settings.ts';
import { openUdp } from './udp.ts';
import type { RunningWire } from '../running-wire.ts';

export function openPlain(
  { name, bind, peers }: NetworkSettings,
  onEvents: (events: readonly Event[]) => void,
): Promise<RunningWire> {
  const makeCore = (address: Address) => {
    const core = new PlainNode({ name, address, peers, random: Math.random });
    return new Traced<Input, Output>(
      core,
      plainWords((at) => core.labelAt(at)),
    );
  };
  return openUdp(bind, makeCore, onEvents);
}
