import * as valibot from "valibot";

// The only file that imports the validator: the rest of the house sees these names alone.
export {
  array,
  boolean,
  check,
  type GenericSchema,
  type InferOutput,
  integer,
  length,
  literal,
  maxEntries,
  maxLength,
  maxValue,
  minLength,
  minValue,
  nullable,
  number,
  optional,
  picklist,
  pipe,
  record,
  regex,
  safeParse,
  string,
  transform,
  union,
  unknown,
  variant,
} from "valibot";

/** The validator takes an array for an object whose fields are all optional; here it is one wrong type among others. */
function noArray<S extends valibot.GenericSchema>(schema: S): S {
  const run = schema["~run"].bind(schema);
  return Object.assign(schema, {
    "~run": ((dataset, config) =>
      run(Array.isArray(dataset.value) ? { value: undefined } : dataset, config)) as S["~run"],
  });
}

export const strictObject = <const E extends valibot.ObjectEntries>(
  entries: E,
): valibot.StrictObjectSchema<E, undefined> => noArray(valibot.strictObject(entries));

export const looseObject = <const E extends valibot.ObjectEntries>(
  entries: E,
): valibot.LooseObjectSchema<E, undefined> => noArray(valibot.looseObject(entries));

/**
 * An object that another schema looks into later, handed on as it is: the validator's own would leave out fields named
 * `constructor`, and what is left out is not refused.
 */
export function anyObject(): valibot.LooseObjectSchema<Record<never, never>, undefined> {
  const schema = looseObject({});
  const run = schema["~run"].bind(schema);
  return Object.assign(schema, {
    "~run": ((dataset, config) => {
      const { value } = dataset;
      const checked = run(dataset, config);
      return checked.typed ? { ...checked, value } : checked;
    }) as typeof run,
  });
}
