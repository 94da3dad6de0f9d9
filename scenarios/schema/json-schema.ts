import { z } from 'zod'
import { scenarioSchema } from './schema.ts'

/** The parts of JSON Schema that are used here. */
interface JsonSchema {
  [key: string]: unknown
}

/**
 * The scenario format as JSON Schema (draft 7) for editors: values before defaults are filled in. A
 * file that `extends` another can leave out any key that it inherits, so nothing is required there.
 * Checks between values (names, sums) are not part of it; the loader makes them.
 */
export function scenarioJsonSchema(): JsonSchema {
  const whole = z.toJSONSchema(scenarioSchema, { target: 'draft-7', io: 'input' }) as JsonSchema
  const { $schema, ...body } = whole
  return {
    $schema,
    title: 'Spillway scenario',
    type: 'object',
    properties: Object.fromEntries(
      Object.keys(body.properties as object).map((key) => [key, true]),
    ),
    if: { required: ['extends'] },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: relaxed(body),
    else: body,
  }
}

/** The same without required keys; oneOf becomes anyOf, since several branches may then match. */
function relaxed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(relaxed)
  if (typeof schema !== 'object' || schema === null) return schema
  const entries = Object.entries(schema)
    .filter(([key, value]) => !(key === 'required' && Array.isArray(value)))
    .map(([key, value]) => [key === 'oneOf' ? 'anyOf' : key, relaxed(value)])
  return Object.fromEntries(entries)
}
