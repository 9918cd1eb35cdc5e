/** The few kinds of schema that a file of results is made of. Owns: read-only, and without room for a misspelt field. */
import { z } from 'zod';

export const object = <Shape extends z.ZodRawShape>(
  shape: Shape,
): z.ZodReadonly<z.ZodObject<Shape, z.core.$strict>> => z.strictObject(shape).readonly();
export const list = <Item extends z.ZodType>(item: Item, max = Infinity): z.ZodReadonly<z.ZodArray<Item>> =>
  z.array(item).max(max).readonly();
export const text = z.string();
export const count = z.int().nonnegative();
