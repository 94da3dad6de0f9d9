import * as z from 'zod'
import { scenarioSchema } from './schema.ts'
import { acceleratorSchema } from './schema-accelerator.ts'
import { isMap } from './schema-walk.ts'
import { type JsonSchema, withDefinitions } from './shared-definitions.ts'

/**
 * The scenario format as JSON Schema (draft 7) for editors: values before defaults are filled in. A
 * file that `extends` another can leave out any key that it inherits, so nothing is required there,
 * and null removes one.
 * Checks between values (names, sums) are not part of it; the loader makes them.
 */
export function scenarioJsonSchema(): JsonSchema {
  const { $schema, ...body } = inlineScenarioSchema()
  return withDefinitions({
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
  })
}

/** The format of a file that extends no other, as JSON Schema (draft 7) without references. */
export const inlineScenarioSchema = (): JsonSchema =>
  z.toJSONSchema(scenarioSchema, { target: 'draft-7', io: 'input' }) as JsonSchema

/** The format of accelerator files as JSON Schema (draft 7) for editors. */
export function acceleratorJsonSchema(): JsonSchema {
  const whole = z.toJSONSchema(acceleratorSchema, { target: 'draft-7', io: 'input' }) as JsonSchema
  const { $schema, ...body } = whole
  return { $schema, title: 'Spillway accelerator', ...body }
}

/** The same without required keys; oneOf becomes anyOf, since several branches may then match. */
function relaxed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(relaxed)
  if (!isMap(schema)) return schema
  const entries = Object.entries(schema)
    .filter(([key, value]) => !(key === 'required' && Array.isArray(value)))
    .map(([key, value]) => {
      if (key === 'properties' && isMap(value)) {
        const nullable = Object.entries(value).map(([key, of]) => [key, orNull(relaxed(of))])
        return [key, Object.fromEntries(nullable)]
      }
      if (key === 'additionalProperties') return [key, orNull(relaxed(value))]
      return [key === 'oneOf' ? 'anyOf' : key, relaxed(value)]
    })
  return Object.fromEntries(entries)
}

/** Or null, as a value of a map. A constant stays alone: it says which kind the map is of. */
function orNull(schema: unknown): unknown {
  if (!isMap(schema) || 'const' in schema) return schema
  const { type, enum: values, anyOf } = schema
  return {
    ...schema,
    ...(typeof type === 'string' && { type: [type, 'null'] }),
    ...(Array.isArray(values) && { enum: [...values, null] }),
    ...(Array.isArray(anyOf) && { anyOf: [...anyOf, { type: 'null' }] }),
  }
}
