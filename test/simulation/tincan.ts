/** The protocol under test, plugged into the simulator. Its processes keep no state, so that each start brings a new key. */
import { TincanNode } from '../../src/wires/tincan/node.ts';
import type { CoreFactory } from './world.ts';

/** Of this source, or of another copy with a bug in it. */
export const factoryOf =
  (Node: typeof TincanNode): CoreFactory =>
  (settings) =>
    new Node({ ...settings, acceptsChangedKeys: true });

export const tincan = factoryOf(TincanNode);
