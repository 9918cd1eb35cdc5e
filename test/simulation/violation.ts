/** A rule was broken: the protocol's bug, or the simulator's. */
export class Violation extends Error {
  override readonly name = 'Violation';
}
