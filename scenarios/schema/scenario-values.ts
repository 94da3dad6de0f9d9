import * as z from 'zod'
import { canonicalJson } from './canonical.ts'
import { type Scenario, scenarioSchema } from './schema.ts'
import { bare, branchOf, built, isMap } from './schema-walk.ts'

/** A value of a scenario. */
interface ScenarioValue {
  /** as in `--set`: pools and classes by their names */
  readonly path: string
  /** text as it is, anything else as JSON */
  readonly text: string
  /** whether it is what the schema fills in where a file states nothing */
  readonly byDefault: boolean
}

/** Every value of a scenario, in the order of the file. A list without names is one value. */
export function scenarioValues(scenario: Partial<Scenario>): ScenarioValue[] {
  return valuesOf(scenario, scenarioSchema, { path: '', byDefault: false })
}

interface Position {
  readonly path: string
  readonly byDefault: boolean
}

type Schema = z.core.$ZodType | null

function valuesOf(value: unknown, schema: Schema, at: Position): ScenarioValue[] {
  if (value === undefined) return []
  // an accelerator is its name: its figures are those of its file
  if (/\.accelerator$/.test(at.path) && nameOf(value) !== null) {
    return [{ path: at.path, text: nameOf(value)!, byDefault: false }]
  }
  const byDefault = at.byDefault || isDefault(schema, value)
  const below = schema === null ? null : branchOf(schema, value)
  const inside = (inner: unknown, key: string, ofInner: Schema) =>
    valuesOf(inner, ofInner, { path: at.path === '' ? key : `${at.path}.${key}`, byDefault })
  if (Array.isArray(value) && value.every((item) => nameOf(item) !== null)) {
    const element = below instanceof z.ZodArray ? below.element : null
    return value.flatMap((item) => inside(item, nameOf(item)!, element))
  }
  if (isMap(value)) {
    return Object.entries(value).flatMap(([key, inner]) => inside(inner, key, keyOf(below, key)))
  }
  const text = canonicalJson(value).replace(/^"(.*)"$/, '$1')
  return [{ path: at.path, text, byDefault }]
}

function keyOf(schema: Schema, key: string): Schema {
  if (schema instanceof z.ZodObject) return schema.shape[key] ?? null
  return schema instanceof z.ZodRecord ? bare(schema.valueType) : null
}

function isDefault(ofKey: Schema, value: unknown): boolean {
  const schema = ofKey && built(ofKey)
  if (!(schema instanceof z.ZodDefault)) return false
  return canonicalJson(schema.def.defaultValue) === canonicalJson(value)
}

/** The name of a pool or class. */
export function nameOf(item: unknown): string | null {
  if (!isMap(item)) return null
  const { name, class: named } = item
  return typeof name === 'string' ? name : typeof named === 'string' ? named : null
}
