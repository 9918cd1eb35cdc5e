/** A wire of datagrams: the socket, the driver, and warnings about what the kernel refused to send. */
import type { HostPort } from '../../kernel/address.ts';
import type { Address, Event } from '../../kernel/contract.ts';
import type { DatagramCore } from '../../kernel/io.ts';
import { UdpTransport } from '../../transport/udp.ts';
import { Warnings } from '../../wires/common/warnings.ts';
import { clock } from '../clock.ts';
import { Driver } from '../driver.ts';
import { type RunningWire, runningWire } from '../running-wire.ts';

export async function openUdp(
  bind: HostPort,
  makeCore: (address: Address) => DatagramCore,
  onEvents: (events: readonly Event[]) => void,
): Promise<RunningWire> {
  const warnings = new Warnings((event) => driver.emit(event));
  const transport = await UdpTransport.open(bind, {
    onInput: (input) => driver.input(input),
    onSendFailed: (error) =>
      warnings.warn('send-failed', `the kernel refused a datagram: ${error.message}`, clock()),
  });
  const driver = new Driver(makeCore(transport.address), transport, onEvents);
  return runningWire(driver, transport);
}
