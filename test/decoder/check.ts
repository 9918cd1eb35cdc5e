/** What the second decoder says where bytes are not as the specification has them. */

export class NotTheSpecification extends Error {
  override readonly name = 'NotTheSpecification';
}

export function check(holds: boolean, rule: string): asserts holds {
  if (!holds) throw new NotTheSpecification(rule);
}

/** The value, where it is there; `rule` says why it must be. */
export function present<Value>(value: Value | undefined, rule: string): Value {
  check(value !== undefined, rule);
  return value;
}
