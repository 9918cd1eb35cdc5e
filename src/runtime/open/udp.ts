/** A wire of datagrams: the socket, the driver, and warnings about what the kernel refused to send. */
import type { HostPort } from '../../kernel/address.ts';
import type { Address, Event } from '../../kernel/contract.ts';
import type { DatagramCore } from '../../kernel/io.ts';
import { MulticastTransport } from '../../transport/multicast.ts';
import { type UdpHandlers, UdpTransport } from '../../transport/udp.ts';
import { Warnings } from '../../wires/common/warnings.ts';
import { clock } from '../clock.ts';
import { Driver } from '../driver.ts';
import { type RunningWire, runningWire } from '../running-wire.ts';

/** How a core is kept, and when another one has to take over. */
export interface CoreKeeping<C> {
  /** What has changed in the core, before what it gives may leave. Where that throws, the node ends. */
  keep(core: C, events: readonly Event[]): void;
  isOver(core: C): boolean;
  /** That the core is over, before another one is made. Where that throws, the node ends. */
  renew(): void;
}

/** Multicast groups of the local network: what of what they bring is for the core. */
interface Groups {
  readonly addresses: readonly Address[];
  takes(bytes: Uint8Array): boolean;
}

export async function openUdp<C extends DatagramCore>(
  bind: HostPort,
  /** `before`: the core that it takes over from. */
  makeCore: (address: Address, before?: C) => C,
  onEvents: (events: readonly Event[]) => void,
  kept?: CoreKeeping<C>,
  groups?: Groups,
  /** Whether the core takes datagrams with `more`. */
  takesMore = false,
): Promise<RunningWire> {
  const warnings = new Warnings((event) => driver.emit(event));
  const handlers: UdpHandlers = {
    onInput: (input) => (takesMore ? driver.inputOfTurn(input) : driver.input(input)),
    onSendFailed: (error) => {
      driver.onSendFailed(error);
      warnings.warn('send-failed', `the kernel refused a datagram: ${error.message}`, clock());
    },
  };
  const udp = await UdpTransport.open(bind, handlers);
  const transport = groups === undefined ? udp : await hearing(udp, groups, handlers);
  const fail = (cause: unknown): void => {
    const reason = Error.isError(cause) ? cause.message : String(cause);
    const message = `the state can not be written (${reason}), so this node stops; what was queued and not delivered is kept`;
    driver.emit({ type: 'error', code: 'state-failed', message });
    driver.emit({ type: 'closed', undelivered: 0 });
  };
  let core = makeCore(transport.address);
  const keeping = kept && {
    isOver: () => kept.isOver(core),
    keep: (events: readonly Event[]) => kept.keep(core, events),
    takeOver: () => {
      kept.renew();
      core = makeCore(transport.address, core);
      return core;
    },
    onFailed: fail,
  };
  const driver = new Driver(core, transport, onEvents, keeping);
  return runningWire(driver, transport);
}

function hearing(udp: UdpTransport, groups: Groups, handlers: UdpHandlers): Promise<MulticastTransport> {
  return MulticastTransport.open(udp, groups.addresses, {
    onSendFailed: handlers.onSendFailed,
    onInput: (input) => {
      if (groups.takes(input.bytes)) handlers.onInput(input);
    },
  });
}
