import { isMap } from './schema-walk.ts'

/**
 * Moves parts of a JSON Schema (draft 7) that occur more than once to `definitions`. The parts of
 * one shape are the same object there, with their descriptions and examples, to which `$ref` leads.
 */

export type JsonSchema = Readonly<Record<string, unknown>>

/** Characters; a shorter part is no longer than what refers to it. */
const SHORTEST = 120

/** Keywords whose values are schemas, lists of schemas, and maps of schemas. */
const SCHEMAS = ['items', 'additionalProperties', 'propertyNames', 'not', 'if', 'then', 'else']
const LISTS = ['anyOf', 'oneOf', 'allOf']
const MAPS = ['properties', 'patternProperties']

export function withDefinitions(schema: JsonSchema): JsonSchema {
  const definitions = new Definitions(schema)
  const body = definitions.shared(schema)
  return { ...body, definitions: definitions.all }
}

class Definitions {
  readonly all: Record<string, JsonSchema> = {}
  readonly #uses = new Map<string, number>()
  readonly #names = new Map<string, string>()

  constructor(schema: JsonSchema) {
    this.#count(schema)
  }

  /** The schema with a reference in place of each part that is used more than once. */
  shared(schema: JsonSchema, nearest = 'part'): JsonSchema {
    return withParts(schema, (part, key) => this.#sharedPart(part, key), nearest)
  }

  #sharedPart(part: JsonSchema, key: string): JsonSchema {
    const text = JSON.stringify(part)
    if (text.length < SHORTEST || this.#uses.get(text) === 1) return this.shared(part, key)
    let name = this.#names.get(text)
    if (name === undefined) {
      name = this.#freeName(key)
      this.#names.set(text, name)
      // takes the name before the parts of this part take theirs
      this.all[name] = part
      this.all[name] = this.shared(part, key)
    }
    return { $ref: `#/definitions/${name}` }
  }

  /** What a part holds is counted once: with the part itself it is shared already. */
  #count(schema: JsonSchema): void {
    withParts(schema, (part) => {
      const text = JSON.stringify(part)
      const uses = (this.#uses.get(text) ?? 0) + 1
      this.#uses.set(text, uses)
      if (uses === 1) this.#count(part)
      return part
    })
  }

  #freeName(key: string): string {
    let name = key
    for (let i = 2; name in this.all; i++) name = `${key}_${i}`
    return name
  }
}

/** A schema whose parts are replaced. Each part is named by the nearest key that leads to it. */
function withParts(
  schema: JsonSchema,
  replace: (part: JsonSchema, key: string) => JsonSchema,
  nearest = 'part',
): JsonSchema {
  const replaced = (part: unknown, key: string) => (isMap(part) ? replace(part, key) : part)
  const entries = Object.entries(schema).map(([keyword, value]) => {
    if (SCHEMAS.includes(keyword)) return [keyword, replaced(value, nearest)]
    if (LISTS.includes(keyword) && Array.isArray(value)) {
      return [keyword, value.map((part) => replaced(part, nearest))]
    }
    if (!MAPS.includes(keyword) || !isMap(value)) return [keyword, value]
    const parts = Object.entries(value).map(([key, part]) => [key, replaced(part, key)])
    return [keyword, Object.fromEntries(parts)]
  })
  return Object.fromEntries(entries)
}
