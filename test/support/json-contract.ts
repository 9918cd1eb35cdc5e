/**
 * The contract of the JSON face, as a validator.
 *
 * Owns: the one reading of `json.schema.json` by the tests, open as scripts read it and closed as we write it.
 */
import { readFileSync } from 'node:fs';
import { type AnySchemaObject, Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

export const jsonSchema: AnySchemaObject = JSON.parse(
  readFileSync(new URL('../../src/ui/pipe/json.schema.json', import.meta.url), 'utf8'),
);

/** Why `value` is none of `$defs/NAME`; undefined: it is one. Fields that the schema does not name are let pass. */
export function problemWith(name: string, value: unknown): string | undefined {
  return problem(open, name, value);
}

/** As `problemWith`, and a field that the schema does not name is a problem, too: nothing is written undocumented. */
export function problemWithOwn(name: string, value: unknown): string | undefined {
  return problem(closed, name, value);
}

/** The names of the definitions that `$defs/NAME` chooses from. */
export function alternatives(name: string): string[] {
  const { oneOf }: { oneOf: readonly { readonly $ref: string }[] } = jsonSchema['$defs'][name];
  return oneOf.map(({ $ref }) => $ref.replace('#/$defs/', ''));
}

const open = new Ajv2020({ strict: true, allErrors: true }).addSchema(jsonSchema, 'contract');
const closed = new Ajv2020({ strict: true, allErrors: true }).addSchema(
  withoutExtras(jsonSchema),
  'contract',
);

function problem(ajv: Ajv2020, name: string, value: unknown): string | undefined {
  const validate: ValidateFunction | undefined = ajv.getSchema(`contract#/$defs/${name}`);
  if (validate === undefined) throw new Error(`the schema has no definition ${name}`);
  return validate(value) ? undefined : ajv.errorsText(validate.errors);
}

function withoutExtras(schema: AnySchemaObject): AnySchemaObject {
  const definitions = Object.entries<AnySchemaObject>(schema['$defs']).map(([name, definition]) => [
    name,
    'properties' in definition ? { ...definition, additionalProperties: false } : definition,
  ]);
  return { ...schema, $defs: Object.fromEntries(definitions) };
}
