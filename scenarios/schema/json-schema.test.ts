import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { shippedNames } from '../load/shipped.ts'
import { scenarioJsonSchema } from './json-schema.ts'
import { scenarioSchema } from './schema.ts'

type Json = Record<string, unknown>
const schema = scenarioJsonSchema()
const whole = schema.else as { properties: Record<string, Json>; required: string[] }
const relaxed = schema.then as { properties: Record<string, Json> }

test('the JSON Schema is draft 7 and has every key of the format', () => {
  expect(schema.$schema).toBe('http://json-schema.org/draft-07/schema#')
  expect(Object.keys(whole.properties)).toEqual(Object.keys(scenarioSchema.shape))
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

test('descriptions and limits reach the editor', () => {
  expect(whole.properties.warmup_s).toMatchObject({ default: 0, minimum: 0 })
  for (const [key, { description }] of Object.entries(whole.properties)) {
    expect(description, key).toMatch(/^[A-Z]/)
  }
  for (const key of ['traffic', 'pools']) {
    const items = whole.properties[key]!.items as { properties: Record<string, Json> }
    for (const [name, { description, deprecated }] of Object.entries(items.properties)) {
      if (deprecated !== true) expect(description, `${key} ${name}`).toMatch(/^\w/)
    }
  }
})

/** What editors report, by a branch of the schema. */
const branch = (of: Json) => {
  const validator = z.fromJSONSchema(of)
  return (value: unknown) => validator.safeParse(value).error?.issues ?? []
}
const [ofWhole, ofRelaxed] = [branch(whole), branch(relaxed)]
const problemsOf = (value: Json) => ('extends' in value ? ofRelaxed : ofWhole)(value)

test.each(shippedNames())('editors accept %s', (name) => {
  const file = fileURLToPath(new URL(`../library/${name}.yaml`, import.meta.url))
  expect(problemsOf(parse(readFileSync(file, 'utf8')))).toEqual([])
})

test('null removes what a file inherits, and only that', () => {
  const arrivals = (keys: object) => ({ traffic: [{ class: 'web', arrivals: keys }] })
  const child = { extends: 'base', slo: { web: null }, ...arrivals({ load: null }) }
  expect(problemsOf(child)).toEqual([])
  expect(problemsOf({ ...child, pools: [{ name: 'a', precision: null }] })).toEqual([])
  expect(problemsOf({ ...child, ...arrivals({ laod: null }) })).not.toEqual([])
  expect(ofWhole(child)).not.toEqual([])
})
