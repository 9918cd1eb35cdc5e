/** The protocol under test, plugged into the simulator. */
import { TincanNode } from '../../src/wires/tincan/node.ts';
import type { CoreFactory } from './world.ts';

export const tincan: CoreFactory = (settings) => new TincanNode(settings);
