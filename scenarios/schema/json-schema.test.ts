import { expect, test } from 'vitest'
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
  for (const key of ['seed', 'duration_s', 'warmup_s', 'extends', 'slo']) {
    expect(whole.properties[key]!.description).toMatch(/^[A-Z]/)
  }
})
