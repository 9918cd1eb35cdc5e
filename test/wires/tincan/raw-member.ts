/** A member that speaks the protocol by hand, so that it can say what no honest node says. */
import type { Address } from '../../../src/kernel/contract.ts';
import { encodeFrames } from '../../../src/wires/tincan/codec/frame-table.ts';
import type { Frame } from '../../../src/wires/tincan/codec/frames.ts';
import type { KeyPair } from '../../../src/wires/tincan/crypto.ts';
import { Session } from '../../../src/wires/tincan/delivery/session.ts';
import { Initiator } from '../../../src/wires/tincan/handshake/initiator.ts';
import { nodeCrypto } from '../../../src/runtime/crypto.ts';
import { must, parsed, sent, settingsOf } from './handshake/handshake-pair.ts';
import type { NodeWorld, WorldNode } from './node-world.ts';

export class RawMember {
  readonly address: Address;
  readonly identity: KeyPair;
  readonly #world: NodeWorld;
  readonly #to: WorldNode;
  readonly #session: Session;

  /** Shakes hands with the node, which has the room key of `settingsOf`, and is there with its first PING. */
  constructor(
    world: NodeWorld,
    to: WorldNode,
    address: Address,
    identity: KeyPair = nodeCrypto.generateKeyPair(),
  ) {
    this.#world = world;
    this.#to = to;
    this.address = address;
    this.identity = identity;
    const initiator = new Initiator(settingsOf({ identity }), world.now);
    const response = must(world.give(to, address, sent(initiator, world.now))[0]);
    initiator.receiveResponse(parsed(response, 'response'), world.now);
    const { finish, session } = initiator.finish({ name: `raw ${address.ip}` }, world.now);
    this.#session = new Session(session, address, nodeCrypto, world.now, finish);
    world.give(to, address, finish);
    this.say([{ type: 'ping' }]);
  }

  /** One packet of these frames. */
  say(frames: readonly Frame[]): void {
    this.write(encodeFrames(frames));
  }

  /** One packet of these bytes. */
  write(plaintext: Uint8Array): void {
    this.#world.give(this.#to, this.address, this.#session.sealer.seal(plaintext).bytes);
  }
}
