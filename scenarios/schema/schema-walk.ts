import * as z from 'zod'

/** The schema without defaults and optionals. */
export function bare(outer: z.core.$ZodType): z.core.$ZodType {
  const schema = built(outer)
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault
  ) {
    return bare(schema.unwrap())
  }
  return schema
}

/** A schema that is built when it is first used, as it is built. */
export function built(schema: z.core.$ZodType): z.core.$ZodType {
  return schema instanceof z.ZodLazy ? built(schema.unwrap()) : schema
}

/** The schema at a path of a value, along the union branches that the value means. */
export function schemaAt(
  root: z.core.$ZodType,
  path: readonly PropertyKey[],
  value: unknown,
): z.core.$ZodType | null {
  if (path.length === 0) return bare(root)
  const schema = branchOf(root, value)
  const [step, ...rest] = path
  const holds = typeof value === 'object' && value !== null && Object.hasOwn(value, step!)
  const next = holds ? Reflect.get(value, step!) : undefined
  let inner: z.core.$ZodType | undefined
  if (schema instanceof z.ZodObject) {
    inner = Object.entries(schema.shape).find(([key]) => key === step)?.[1]
  } else if (schema instanceof z.ZodRecord) inner = schema.valueType
  else if (schema instanceof z.ZodArray) inner = schema.element
  else if (schema instanceof z.ZodTuple) inner = schema.def.items[Number(step)]
  return inner ? schemaAt(inner, rest, next) : null
}

/** A schema, or the branch of a union that the value means; null if the value does not show it. */
export function branchOf(root: z.core.$ZodType, value: unknown): z.core.$ZodType | null {
  const schema = bare(root)
  if (!(schema instanceof z.ZodUnion)) return schema
  const branch = schema.options[meantBranch(schema, value) ?? -1]
  return branch ? branchOf(branch, value) : null
}

/**
 * The branch of a union that a value means. For maps it is the branch with the same discriminator,
 * or with the most required keys present; for other values the branch of the same type. Null if the
 * value does not show it.
 */
export function meantBranch(union: z.ZodUnion, value: unknown): number | null {
  if (!isMap(value)) {
    const at = union.options.findIndex((option) => acceptsType(bare(option), value))
    return at < 0 ? null : at
  }
  if (union instanceof z.ZodDiscriminatedUnion) {
    const kind = value[union.def.discriminator]
    const at = union.options.findIndex((option) => discriminators(union, option).includes(kind))
    return at < 0 ? null : at
  }
  const held = union.options.map((o) => identifyingKeys(o).filter((k) => k in value).length)
  const most = Math.max(...held)
  if (most > 0) return held.indexOf(most)
  // a map without required keys, beside branches that are no maps
  const maps = union.options.filter((option) => bare(option) instanceof z.ZodObject)
  const only = maps.length === 1 && identifyingKeys(maps[0]!).length === 0 ? maps[0]! : null
  return only && union.options.indexOf(only)
}

/** The branches of a union that have a key, as `law table`; none where there are many. */
export function branchesWith(root: z.core.$ZodType | null, key: string): readonly string[] {
  if (!(root instanceof z.ZodDiscriminatedUnion)) return []
  const having = root.options.filter((option) => keysOf(option as z.core.$ZodType).includes(key))
  if (having.length > MOST_BRANCHES) return []
  const kind = root.def.discriminator
  return having.flatMap((option) => discriminators(root, option).map((value) => `${kind} ${value}`))
}

const MOST_BRANCHES = 3

/** The keys of a schema for maps; none for any other schema. */
export function keysOf(outer: z.core.$ZodType | null): readonly string[] {
  const schema = outer && built(outer)
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : []
}

/** Whether a key of a map may be left out. */
export function isOptional(map: z.core.$ZodType | null, key: PropertyKey | undefined): boolean {
  if (!(map instanceof z.ZodObject)) return false
  const inner = Object.entries(map.shape).find(([name]) => name === key)?.[1]
  return inner !== undefined && bare(inner) !== built(inner)
}

/** The path of a key that is written one level too high: `batching.max_batch` for `max_batch`. */
export function holderOf(schema: z.core.$ZodType, key: string): string | null {
  if (!(schema instanceof z.ZodObject)) return null
  for (const [name, inner] of Object.entries(schema.shape)) {
    const below = bare(inner)
    const branches = below instanceof z.ZodUnion ? below.options : [below]
    if (branches.some((branch) => keysOf(branch).includes(key))) return `${name}.${key}`
  }
  return null
}

/** The keys that distinguish a branch of a union from the others: its required keys. */
function identifyingKeys(outer: z.core.$ZodType): readonly string[] {
  const schema = built(outer)
  if (schema instanceof z.ZodDiscriminatedUnion) return [schema.def.discriminator]
  if (schema instanceof z.ZodUnion) return schema.options.flatMap(identifyingKeys)
  if (!(schema instanceof z.ZodObject)) return []
  return Object.entries(schema.shape)
    .filter(([, inner]) => bare(inner) === built(inner))
    .map(([key]) => key)
}

/** The first key to write for each branch of a union of maps. */
export function branchKeys(union: z.ZodUnion): readonly string[] {
  return [...new Set(union.options.flatMap((option) => identifyingKeys(option).slice(0, 1)))]
}

function discriminators(
  union: z.ZodDiscriminatedUnion,
  option: z.core.$ZodType,
): readonly unknown[] {
  const key = union.def.discriminator
  const branch = built(option)
  const stated: z.core.$ZodType | null = branch instanceof z.ZodObject ? branch.shape[key] : null
  const literal = stated && bare(stated)
  if (!(literal instanceof z.ZodLiteral)) return []
  // of a discriminator with a default, the branch that is meant where it is left out
  return literal === stated ? [...literal.values] : [...literal.values, undefined]
}

function acceptsType(schema: z.core.$ZodType, value: unknown): boolean {
  if (schema instanceof z.ZodNumber) return typeof value === 'number'
  if (schema instanceof z.ZodBoolean) return typeof value === 'boolean'
  if (schema instanceof z.ZodArray) return Array.isArray(value)
  if (schema instanceof z.ZodEnum || schema instanceof z.ZodString) return typeof value === 'string'
  return false
}

export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The constraints of a number in words: `a whole number of at least 1`. */
export function numberText(schema: z.core.$ZodType | null): string {
  if (!(schema instanceof z.ZodNumber)) return 'a number'
  const whole = schema.isInt
  const noun = whole ? 'a whole number' : 'a number'
  const { minimum, exclusiveMinimum, maximum } = limitsOf(schema)
  // limits next to 0, and of a million and more, only prevent overflow
  const next = minimum !== undefined && minimum > 0 && minimum < 1e-6
  const above = (exclusiveMinimum !== undefined || next) && !whole
  const low = next
    ? 0
    : whole && exclusiveMinimum !== undefined
      ? exclusiveMinimum + 1
      : (exclusiveMinimum ?? minimum)
  const hasLow = low !== undefined && low > Number.MIN_SAFE_INTEGER
  const hasHigh = maximum !== undefined && maximum < 1e6
  if (hasLow && hasHigh)
    return above ? `${noun} above ${low}, up to ${maximum}` : `${noun} from ${low} to ${maximum}`
  if (hasLow) return above ? `${noun} above ${low}` : `${noun} of at least ${low}`
  return hasHigh ? `${noun} of at most ${maximum}` : noun
}

/** The limits that all checks of a number make together. */
function limitsOf(schema: z.ZodNumber): {
  readonly minimum?: number
  readonly exclusiveMinimum?: number
  readonly maximum?: number
} {
  const checks = (schema.def.checks ?? []).map(
    ({ _zod: { def } }) => def as z.core.$ZodCheckLessThanDef | z.core.$ZodCheckGreaterThanDef,
  )
  const valuesOf = (check: string, inclusive: boolean) =>
    checks.flatMap((limit) =>
      limit.check === check && limit.inclusive === inclusive ? [Number(limit.value)] : [],
    )
  const least = Math.max(...valuesOf('greater_than', true))
  const above = Math.max(...valuesOf('greater_than', false))
  const most = Math.min(...valuesOf('less_than', true))
  return {
    ...(above >= least && Number.isFinite(above) && { exclusiveMinimum: above }),
    ...(least > above && { minimum: least }),
    ...(Number.isFinite(most) && { maximum: most }),
  }
}
