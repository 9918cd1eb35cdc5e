/** The protocol under test, plugged into the simulator. Its processes keep no state, so that each start brings a new key. */
import { type NodeSettings, TincanNode } from '../../src/wires/tincan/node.ts';

export type NodeFactory = (settings: NodeSettings) => TincanNode;

/** Of this source, or of another copy with a bug in it. */
export const factoryOf =
  (Node: typeof TincanNode): NodeFactory =>
  (settings) =>
    new Node({ ...settings, acceptsChangedKeys: true });

export const tincan = factoryOf(TincanNode);
