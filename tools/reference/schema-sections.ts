/** The parts of JSON Schema that our schemas have. */
export interface JsonSchema {
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | JsonSchema
  readonly items?: JsonSchema | readonly JsonSchema[]
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly default?: unknown
  readonly examples?: readonly unknown[]
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
  readonly deprecated?: boolean
}

/** One key of a section. */
export interface Key {
  readonly name: string
  readonly schema: JsonSchema
  readonly required: boolean
  /** Markdown */
  readonly type: string
}

/** An object of a document, with all of its keys. */
export interface Section {
  readonly anchor: string
  /** where it stands: `pools[].batching`; [] is a list, NAME a name of the user's */
  readonly path: string
  /** `policy: dynamic`, where the objects at a place have kinds */
  readonly kind: string | null
  readonly schema: JsonSchema
  readonly description: string | null
  readonly keys: Key[]
  /** other places of the same object */
  readonly also: string[]
}

/** Objects that differ in their descriptions only are one. */
export function identity(schema: JsonSchema): string {
  const { description: _, default: __, ...shape } = schema
  return JSON.stringify(shape)
}

/** The alternatives of a union, however deep they are nested. */
export function alternatives(schema: JsonSchema): readonly JsonSchema[] {
  const some = schema.anyOf ?? schema.oneOf
  return some === undefined ? [schema] : some.flatMap(alternatives)
}

/** The key whose constant says of which kind an object is. */
function kindOf({ properties = {} }: JsonSchema): string | null {
  const tag = Object.entries(properties).find(([, { const: value }]) => typeof value === 'string')
  return tag === undefined ? null : `${tag[0]}: ${tag[1].const}`
}

/**
 * All objects of a JSON Schema, each once, a parent before its children. `prefix`: begins every
 * anchor of a page with several schemas.
 */
export function sectionsOf(root: JsonSchema, prefix = ''): Section[] {
  const sections: Section[] = []
  const byId = new Map<string, Section>()

  function visit(schema: JsonSchema, path: string, kinds: boolean): Section {
    const id = identity(schema)
    const before = byId.get(id)
    if (before !== undefined) {
      if (before.path !== path && !before.also.includes(path)) before.also.push(path)
      return before
    }
    const kind = kinds ? kindOf(schema) : null
    const section: Section = {
      anchor: anchorOf([prefix, path, kind].filter(Boolean).join('-')) || 'whole',
      path,
      kind,
      schema,
      description: schema.description ?? null,
      keys: [],
      also: [],
    }
    byId.set(id, section)
    sections.push(section)
    for (const [name, value] of Object.entries(schema.properties ?? {})) {
      const inner = path === '' ? name : `${path}.${name}`
      const required = schema.required?.includes(name) ?? false
      section.keys.push({ name, schema: value, required, type: typeOf(value, inner) })
    }
    return section
  }

  function typeOf(schema: JsonSchema, path: string): string {
    const parts = alternatives(schema)
    const objects = parts.filter(({ properties }) => properties !== undefined)
    const texts = parts.map((part) => {
      if (part.properties !== undefined) {
        const { anchor, kind } = visit(part, path, objects.length > 1)
        return `[${kind ?? 'object'}](#${anchor})`
      }
      if (typeof part.additionalProperties === 'object') {
        return `a map from NAME to ${typeOf(part.additionalProperties, `${path}.NAME`)}`
      }
      if (Array.isArray(part.items)) {
        return `[${part.items.map((item: JsonSchema) => typeOf(item, `${path}[]`)).join(', ')}]`
      }
      if (part.items !== undefined) {
        return `a list of ${typeOf(part.items as JsonSchema, `${path}[]`)}`
      }
      return scalarText(part)
    })
    return [...new Set(texts)].join(' or ')
  }

  visit(root, '', false)
  return sections
}

const anchorOf = (text: string) =>
  text
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .toLowerCase()

function scalarText(schema: JsonSchema): string {
  if (schema.const !== undefined) return code(schema.const)
  if (schema.enum !== undefined) return schema.enum.map(code).join(' or ')
  const { type } = schema
  if (type === undefined) return 'anything'
  return (typeof type === 'string' ? [type] : type)
    .map((name) => typeText(name, schema))
    .join(' or ')
}

function typeText(type: string, schema: JsonSchema): string {
  if (type === 'string') return schema.pattern?.startsWith('^[a-z0-9]') ? 'a name' : 'text'
  if (type === 'boolean') return '`true` or `false`'
  if (type === 'number') return `a number${rangeText(schema)}`
  if (type === 'integer') return `a whole number${rangeText(schema)}`
  return type
}

/** Beyond it a limit is that of exact numbers, and is left out. */
const EXACT = Number.MAX_SAFE_INTEGER

function rangeText({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: JsonSchema): string {
  const limit = (sign: string, value: number | undefined) =>
    value === undefined || Math.abs(value) >= EXACT ? [] : [`${sign} ${shortNumber(value)}`]
  const limits = [
    ...limit('≥', minimum),
    ...limit('>', exclusiveMinimum),
    ...limit('≤', maximum),
    ...limit('<', exclusiveMaximum),
  ]
  return limits.length === 0 ? '' : ` ${limits.join(', ')}`
}

function shortNumber(value: number): string {
  const large = Math.abs(value) >= 1e6 || (value !== 0 && Math.abs(value) < 1e-3)
  return large ? value.toExponential().replace('e+', 'e') : value.toLocaleString('en-US')
}

/** A value as it stands in a file. */
export const code = (value: unknown) =>
  `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``

const UNITS: readonly (readonly [RegExp, string])[] = [
  [/_usd_per_hour$/, 'USD an hour'],
  [/_usd$/, 'USD'],
  [/gib_per_s$/, 'GiB/s'],
  [/_per_s$/, '1/s'],
  [/_rps$/, 'requests/s'],
  [/_ms$/, 'ms'],
  [/_s$/, 's'],
  [/_mib$/, 'MiB'],
  [/_gib$/, 'GiB'],
  [/_kib$/, 'KiB'],
  [/_bytes$/, 'bytes'],
  [/_tokens$/, 'tokens'],
]

/** By the suffix of a key. */
export const unitOf = (name: string): string | null =>
  UNITS.find(([suffix]) => suffix.test(name))?.[1] ?? null
