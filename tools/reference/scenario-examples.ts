import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { ROOT } from '../../test/command-line.ts'
import { blocksOfPage, pages } from '../../test/documents.ts'
import { alternatives, identity, type JsonSchema } from './schema-sections.ts'

/** Values that shipped files and the scenarios on pages have, which tests show to be valid. */
export class ScenarioExamples {
  readonly #examples = new Map<string, unknown>()
  readonly #elsewhere = new Map<string, unknown>()

  constructor(schema: JsonSchema, files: Iterable<unknown> = scenarios()) {
    for (const file of files) this.#visit(schema, file)
  }

  /**
   * The first value of a key of this object, or else of the same key of objects of another kind;
   * undefined for none.
   */
  of(object: JsonSchema, key: string): unknown {
    return (
      this.#examples.get(`${identity(object)} ${key}`) ??
      this.#elsewhere.get(`${identity(object.properties![key]!)} ${key}`)
    )
  }

  #visit(schema: JsonSchema, value: unknown): void {
    const alternative = alternatives(schema).find((candidate) => fits(candidate, value))
    if (alternative === undefined) return
    const { properties, additionalProperties, items } = alternative
    if (Array.isArray(value)) {
      for (const item of value) if (isObject(items)) this.#visit(items, item)
    } else if (isObject(value)) {
      for (const [key, child] of Object.entries(value)) {
        const inner = properties?.[key] ?? additionalProperties
        if (!isObject(inner)) continue
        const id = `${identity(alternative)} ${key}`
        if (!this.#examples.has(id)) this.#examples.set(id, child)
        const like = `${identity(inner)} ${key}`
        if (!this.#elsewhere.has(like)) this.#elsewhere.set(like, child)
        this.#visit(inner, child)
      }
    }
  }
}

/** The YAML files of a folder that ships, parsed. */
export function* shippedFiles(folder: string): Generator<unknown> {
  for (const name of readdirSync(join(ROOT, folder)).sort()) {
    yield parse(readFileSync(join(ROOT, folder, name), 'utf8'))
  }
}

function* scenarios(): Generator<unknown> {
  yield* shippedFiles('scenarios/library')
  for (const page of pages()) {
    for (const { language, text } of blocksOfPage(page)) if (language === 'yaml') yield parse(text)
  }
}

function fits({ type, properties, required = [], items }: JsonSchema, value: unknown): boolean {
  if (Array.isArray(value)) return items !== undefined
  if (!isObject(value)) return properties === undefined && type !== 'object' && type !== 'array'
  if (type !== 'object') return false
  if (properties === undefined) return true
  if (!Object.keys(value).every((key) => key in properties)) return false
  return Object.entries(properties).every(
    ([key, { const: kind }]) =>
      typeof kind !== 'string' || !required.includes(key) || value[key] === kind,
  )
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
