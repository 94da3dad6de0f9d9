import { expect, test } from 'vitest'
import { scenarioJsonSchema } from '../../scenarios/index.ts'
import { schemaText } from './schema-text.ts'

test('the text of a schema is the schema, and its lines are short unless a text is long', () => {
  const schema = scenarioJsonSchema()
  const text = schemaText(schema)
  expect(JSON.parse(text)).toEqual(schema)
  const long = text.split('\n').filter((line) => line.length > 120)
  for (const line of long) expect(line).toMatch(/^ *"(description|pattern)": ".*",?$/)
})

test('what fits on a line is on one', () => {
  expect(schemaText({ type: 'number', minimum: 0 })).toBe('{"type":"number","minimum":0}\n')
  const long = 'a'.repeat(120)
  expect(schemaText({ enum: ['b', long] })).toBe(`{\n "enum": [\n  "b",\n  "${long}"\n ]\n}\n`)
})

test('the schema of scenarios is small enough for an editor to load while one types', () => {
  expect(schemaText(scenarioJsonSchema()).length).toBeLessThan(480_000)
})
