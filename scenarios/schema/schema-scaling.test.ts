import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { scaling } from './schema-scaling.ts'

const problems = (section: object) =>
  (scaling.safeParse(section).error?.issues ?? []).map(
    ({ path, message }) => `${path.join('.')}: ${message}`,
  )

describe('sections that are valid', () => {
  test.each([
    { policy: 'fixed', max: 8, replicas: 4 },
    { policy: 'scheduled', max: 9, steps: [{ at_s: 0, replicas: 2 }], every_s: 86_400 },
    { policy: 'hpa', max: 9, metrics: [{ metric: 'utilisation', target: 0.6 }] },
    { policy: 'keda', threshold: 5, min: 2, idle: 0 },
    { policy: 'knative', max: 20, metric: 'rate_rps', target: 200 },
    { policy: 'saturation', max: 8, kv_threshold: 0.85 },
    { policy: 'huggingface', max: 4 },
    { policy: 'predictive', max: 40, capacity_rps: 12, lead_s: 120 },
  ])('$policy', (section) => {
    expect(problems(section)).toEqual([])
  })
})

describe('sections that are not', () => {
  test.each`
    what                      | section                                                                                       | problem
    ${'max below min'}        | ${{ policy: 'huggingface', min: 5, max: 4 }}                                                  | ${'max: at least min, which is 5'}
    ${'idle not below min'}   | ${{ policy: 'keda', threshold: 5, min: 2, idle: 2 }}                                          | ${'idle: less than min, which is 2'}
    ${'a late first step'}    | ${{ policy: 'scheduled', max: 9, steps: [{ at_s: 60, replicas: 2 }] }}                        | ${/^steps: .*a first step with `at_s: 0`/}
    ${'steps out of order'}   | ${{ policy: 'scheduled', max: 9, steps: [0, 60, 60].map((at_s) => ({ at_s, replicas: 1 })) }} | ${/^steps: .*in order of `at_s`/}
    ${'a period of one step'} | ${{ policy: 'predictive', max: 9, capacity_rps: 1, lead_s: 1, period_s: 60 }}                 | ${'period_s: at least two steps of step_s, which is 60'}
    ${'fixed beyond max'}     | ${{ policy: 'fixed', max: 4, replicas: 5 }}                                                   | ${'replicas: from min to max, which are 1 and 4'}
    ${'scheduled below min'}  | ${{ policy: 'scheduled', min: 2, max: 4, steps: [{ at_s: 0, replicas: 1 }] }}                 | ${'steps.0.replicas: from min to max, which are 2 and 4'}
    ${'an unknown key'}       | ${{ policy: 'huggingface', max: 4, maximum: 3 }}                                              | ${/maximum/}
    ${'a metric of no pool'}  | ${{ policy: 'hpa', max: 4, metrics: [{ metric: 'cpu', target: 1 }] }}                         | ${/^metrics.0.metric/}
    ${'no metric at all'}     | ${{ policy: 'hpa', max: 4, metrics: [] }}                                                     | ${/^metrics/}
  `('$what', ({ section, problem }) => {
    expect(problems(section)).toEqual([
      typeof problem === 'string' ? problem : expect.stringMatching(problem),
    ])
  })
})

type Json = { readonly [key: string]: unknown }
const isMap = (value: unknown): value is Json => typeof value === 'object' && value !== null

/** Every key of the JSON Schema, with its own schema. */
function keysOf(schema: unknown): [string, Json][] {
  if (Array.isArray(schema)) return schema.flatMap(keysOf)
  if (!isMap(schema)) return []
  const own = isMap(schema.properties) ? Object.entries(schema.properties) : []
  const found = own.flatMap(([key, of]) => (isMap(of) ? [[key, of] as [string, Json]] : []))
  return [...found, ...Object.values(schema).flatMap(keysOf)]
}

test('every key has a sentence, and a short example unless it is a map', () => {
  const keys = keysOf(z.toJSONSchema(scaling, { io: 'input' }))
  expect(keys.length).toBeGreaterThan(80)
  for (const [key, { description, examples, properties, const: constant }] of keys) {
    expect(`${key}: ${description}`).toMatch(/^\w+: [A-Z`].*\.$/s)
    if (properties !== undefined || constant !== undefined) continue
    expect(examples, key).toBeDefined()
    for (const example of examples as unknown[]) {
      expect(JSON.stringify(example).length).toBeLessThanOrEqual(60)
    }
  }
})
