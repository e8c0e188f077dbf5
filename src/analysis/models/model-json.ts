/**
 * What the JSON documents of models share: a version that is known or refused, damage that is named, and, for models of
 * K centres and a chain counted in training, sizes that agree. The centre of a state without rows is NaN, which JSON
 * does not have, and null in the document.
 */
import { z } from 'zod';
import { TidewatchError } from '../../errors.js';

/**
 * Reads the JSON of a model.
 * @param name of the family in errors, such as `jump model`
 * @throws TidewatchError `unsupported_schema_version` or `invalid_parameters`
 */
export function readModelJson<Schema extends z.ZodType>(
  json: unknown,
  schema: Schema,
  version: number,
  name: string,
): z.infer<Schema> {
  const found = (json as { schema_version?: unknown } | null)?.schema_version;
  if (found !== version) {
    throw new TidewatchError(
      'unsupported_schema_version',
      `schema version ${String(found)} of a model is not known`,
      {
        hint: 'train the model again with this version',
        details: { schema_version: found ?? null, supported: version },
      },
    );
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new TidewatchError('invalid_parameters', `the ${name} is damaged: ${z.prettifyError(parsed.error)}`, {
    hint: 'train the model again',
    cause: parsed.error,
  });
}

/** Fields of a document whose states are centres (K × D) with counted transitions (K × K). */
export const centredModelFields = {
  states: z.int().min(1).max(255),
  features: z.int().positive(),
  transition_matrix: z.array(z.number()),
};

/** Refines the schema of such a document: centres and transitions have the sizes that K and D ask for. */
export function hasCentredSizes(document: {
  readonly states: number;
  readonly features: number;
  readonly centres: readonly (number | null)[];
  readonly transition_matrix: readonly number[];
}): boolean {
  const { states, features, centres, transition_matrix } = document;
  return centres.length === states * features && transition_matrix.length === states ** 2;
}

/** Centres with null in place of NaN. */
export function centresToJson(centres: Float64Array): (number | null)[] {
  return Array.from(centres, (value) => (Number.isNaN(value) ? null : value));
}

/** The inverse of `centresToJson`. */
export function centresFromJson(centres: readonly (number | null)[]): Float64Array {
  return Float64Array.from(centres, (value) => value ?? Number.NaN);
}
