import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import * as z from 'zod'
import { acceleratorNames, shippedNames } from '../load/shipped.ts'
import { acceleratorJsonSchema, inlineScenarioSchema, scenarioJsonSchema } from './json-schema.ts'
import { scenarioSchema } from './schema.ts'

type Json = Record<string, unknown>
const schema = scenarioJsonSchema()
const accelerator = acceleratorJsonSchema()
/** The schema without references, for what looks at its parts. */
const inline = inlined(schema) as Json
const whole = inline.else as { properties: Record<string, Json>; required: string[] }
const relaxed = inline.then as { properties: Record<string, Json> }

/** A schema with each reference replaced by what it refers to. */
function inlined(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(inlined)
  if (typeof part !== 'object' || part === null) return part
  const { $ref } = part as Json
  if (typeof $ref === 'string') {
    const name = /^#\/definitions\/(\w+)$/.exec($ref)![1]!
    return inlined((schema.definitions as Json)[name])
  }
  return Object.fromEntries(Object.entries(part).map(([key, inner]) => [key, inlined(inner)]))
}

test('with its references replaced, it is the schema of the format', () => {
  const { $schema: _, ...body } = inlineScenarioSchema()
  expect(whole).toEqual(body)
})

test('every definition is used twice or more, and every reference has one', () => {
  const uses = new Map<string, number>()
  for (const [, name] of JSON.stringify(schema).matchAll(/"#\/definitions\/(\w+)"/g)) {
    uses.set(name!, (uses.get(name!) ?? 0) + 1)
  }
  expect([...uses.keys()].toSorted()).toEqual(Object.keys(schema.definitions as Json).toSorted())
  expect([...uses].filter(([, count]) => count < 2)).toEqual([])
})

test('a reference stands alone, since editors ignore what stands beside it', () => {
  const refs = [...JSON.stringify(schema).matchAll(/[{,]"\$ref":"[^"]*"(.)/g)]
  expect(refs.length).toBeGreaterThan(200)
  for (const [all, after] of refs) expect([all[0], after]).toEqual(['{', '}'])
})

test('the JSON Schema is draft 7 and has every key of the format', () => {
  expect(schema.$schema).toBe('http://json-schema.org/draft-07/schema#')
  expect(Object.keys(whole.properties)).toEqual(Object.keys(scenarioSchema.unwrap().shape))
})

test('keys with a default can be left out', () => {
  expect(whole.required.toSorted()).toEqual(
    ['duration_s', 'models', 'name', 'pools', 'spillway', 'traffic'].toSorted(),
  )
})

test('a file that extends another can leave out everything', () => {
  const text = JSON.stringify(relaxed)
  expect(text).not.toContain('"required"')
  expect(text).not.toContain('"oneOf"')
  expect(Object.keys(relaxed.properties)).toEqual(Object.keys(whole.properties))
})

test('defaults and limits reach the editor', () => {
  expect(whole.properties.warmup_s).toMatchObject({ default: 0, minimum: 0 })
})

const isMap = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A capital first, a period last, and three words. */
const isSentence = (text: unknown) =>
  typeof text === 'string' && /^[A-Z].*\.$/.test(text) && text.split(' ').length >= 3

/** Paths of keys, and of entries of lists and maps that are maps, without a sentence. */
function undescribed(schema: unknown, path = ''): string[] {
  if (!isMap(schema)) return []
  const { properties, items, additionalProperties: entries } = schema
  const kinds = ['properties', 'oneOf', 'anyOf']
  const holder = (inner: unknown) => isMap(inner) && kinds.some((kind) => kind in inner)
  const below = [
    ...Object.entries(isMap(properties) ? properties : {}).map(
      ([key, inner]) => [`${path}.${key}`, inner, true] as const,
    ),
    [`${path}[]`, items, holder(items)] as const,
    [`${path}.*`, entries, holder(entries)] as const,
    ...[schema.oneOf, schema.anyOf].flat().map((inner) => [path, inner, false] as const),
  ]
  return below.flatMap(([at, inner, needed]) => {
    const missing = needed && !(isMap(inner) && isSentence(inner.description))
    return [...(missing ? [at] : []), ...undescribed(inner, at)]
  })
}

test('every key, and every map in a list or map, has a sentence', () => {
  expect(undescribed(whole)).toEqual([])
  expect(undescribed(accelerator)).toEqual([])
})

test.each([
  ['none', undefined],
  ['no capital', 'the rate of the class.'],
  ['no period', 'The rate of the class'],
  ['two words', 'The rate.'],
])('a description is no sentence: %s', (_, description) => {
  const sentence = 'The rate of the class.'
  const inner = { properties: { rate: { description } } }
  const list = { description: sentence, items: { ...inner, description } }
  const map = { description: sentence, additionalProperties: { anyOf: [inner], description } }
  expect(undescribed({ properties: { list, map } })).toEqual([
    '.list[]',
    '.list[].rate',
    '.map.*',
    '.map.*.rate',
  ])
  expect(undescribed({ properties: { list: { description: sentence } } })).toEqual([])
})

/** Each schema that has examples, with them. */
function withExamples(schema: unknown): Json[] {
  if (Array.isArray(schema)) return schema.flatMap(withExamples)
  if (!isMap(schema)) return []
  const below = Object.values(schema).flatMap(withExamples)
  return Array.isArray(schema.examples) ? [schema, ...below] : below
}

test('examples are valid', () => {
  const schemas = withExamples(whole)
  expect(schemas.length).toBeGreaterThan(10)
  for (const schema of schemas) {
    const validator = z.fromJSONSchema(schema)
    for (const example of schema.examples as unknown[]) {
      expect(validator.safeParse(example).error, `${schema.description}`).toBeUndefined()
    }
  }
})

/** What editors report, by a branch of the schema. */
const branch = (of: Json) => {
  const { $schema, definitions } = schema
  const validator = z.fromJSONSchema({ $schema, ...of, definitions } as Json)
  return (value: unknown) => validator.safeParse(value).error?.issues ?? []
}
const [ofWhole, ofRelaxed] = [branch(schema.else as Json), branch(schema.then as Json)]
const problemsOf = (value: Json) => ('extends' in value ? ofRelaxed : ofWhole)(value)

test.each(shippedNames())('editors accept %s', (name) => {
  const file = fileURLToPath(new URL(`../library/${name}.yaml`, import.meta.url))
  expect(problemsOf(parse(readFileSync(file, 'utf8')))).toEqual([])
})

const ofAccelerator = branch(accelerator)

test.each(acceleratorNames())('editors accept the accelerator %s', (name) => {
  const file = fileURLToPath(new URL(`../accelerators/${name}.yaml`, import.meta.url))
  const own = parse(readFileSync(file, 'utf8')) as Json
  expect(ofAccelerator(own)).toEqual([])
  expect(ofAccelerator({ ...own, memory_gib: 16 })).not.toEqual([])
})

test('null removes what a file inherits, and only that', () => {
  const arrivals = (keys: object) => ({ traffic: [{ class: 'web', arrivals: keys }] })
  const child = { extends: 'base', slo: { web: null }, ...arrivals({ load: null }) }
  expect(problemsOf(child)).toEqual([])
  expect(problemsOf({ ...child, pools: [{ name: 'a', precision: null }] })).toEqual([])
  expect(problemsOf({ ...child, ...arrivals({ laod: null }) })).not.toEqual([])
  expect(ofWhole(child)).not.toEqual([])
})
