/**
 * Results in which every free text is an attack on whoever shows it.
 *
 * Owns: the attack, and which fields are free text: all strings but those that the schema holds to a form.
 */
import { parseResults, type Results } from './results.ts';

export const attack = `</title></style></script><script>globalThis.broken=1</script>"'><img src=x onerror=globalThis.broken=1>&lt;\u001B[2J\u202Eevil\u0000`;

const heldToAForm: ReadonlySet<string> = new Set([
  'backend',
  'file',
  'id',
  'scenario',
  'startedAt',
  'stream',
  'type',
  'wire',
]);

export function hostile(results: Results): Results {
  return parseResults(
    JSON.stringify(results, (key, value: unknown) =>
      typeof value === 'string' && !heldToAForm.has(key) ? `${value}${attack}` : value,
    ),
  );
}
