import { describe, expect, test } from 'vitest'
import { scenarioOf } from '../../../test/scenarios.ts'
import { RequestList } from '../requests/request-list.ts'
import { trafficSource } from '../source.ts'

function requests(traffic: object, durationS = 20): RequestList {
  const scenario = scenarioOf({
    duration_s: durationS,
    models: { m: { work: { law: 'constant', ms: 1 } } },
    pools: [{ name: 'p', model: 'm' }],
    traffic: [traffic],
  })
  const options = { seed: 1, replication: 0, capacityRps: null, traces: new Map() }
  return RequestList.collect(trafficSource(scenario, options))
}

const web = {
  class: 'web',
  arrivals: { process: 'poisson', rate_rps: 50 },
  input_tokens: { distribution: 'uniform', min: 1, max: 500 },
}

describe('correlated lengths', () => {
  const pair = {
    ...web,
    output_tokens: { distribution: 'uniform', min: 1, max: 50 },
    length_correlation: 1,
  }

  test('have the correlation within requests, and do not change arrivals', () => {
    const { columns } = requests(pair)
    const order = Array.from(columns.inputTokens.keys()).sort(
      (i, j) => columns.inputTokens[i]! - columns.inputTokens[j]!,
    )
    const outputs = order.map((i) => columns.outputTokens[i]!)
    expect(outputs).toEqual(outputs.toSorted((a, b) => a - b))
    expect(Array.from(columns.at)).toEqual(Array.from(requests(web).columns.at))
  })
})

describe('lengths that follow a schedule', () => {
  const schedule = [
    { at_s: 50, input_level: 0.8 },
    { at_s: 100, output_level: 0.1 },
  ]
  const scheduled = {
    ...web,
    output_tokens: { distribution: 'geometric', mean: 90 },
    length_schedule: schedule,
  }

  /** Share of values up to a limit, and its distance from p in standard errors. */
  const zOf = (values: readonly number[], limit: number, p: number) => {
    const share = values.filter((value) => value <= limit).length / values.length
    return Math.abs(share - p) / Math.sqrt((p * (1 - p)) / values.length)
  }

  test.each([undefined, 0.6])(
    'have their median at the level of each step, correlation %d, |z| <= 4',
    (length_correlation) => {
      const list = requests({ ...scheduled, length_correlation }, 150)
      const { at, inputTokens, outputTokens } = list.columns
      const between = (column: Int32Array, from: number, to: number) =>
        Array.from(column).filter((_, i) => at[i]! >= from && at[i]! < to)
      // of uniform lengths from 1 to 500, level 0.8 is 400; of geometric ones, level 0.1 is 10
      for (const [from, to, limit] of [
        [0, 50, 250],
        [50, 100, 400],
        [100, 150, 250],
      ] as const) {
        expect(zOf(between(inputTokens, 1000 * from, 1000 * to), limit, 0.5)).toBeLessThanOrEqual(4)
      }
      expect(zOf(between(outputTokens, 0, 100_000), 62, 0.5)).toBeLessThanOrEqual(4)
      expect(zOf(between(outputTokens, 100_000, 150_000), 9, 0.5)).toBeLessThanOrEqual(4)
      // negative control: the steps differ
      expect(zOf(between(inputTokens, 50_000, 100_000), 250, 0.5)).toBeGreaterThan(4)
    },
  )

  test('keep to their distribution', () => {
    const { inputTokens } = requests({
      ...scheduled,
      length_schedule: [{ at_s: 0, input_level: 0.999 }],
    }).columns
    expect(Math.max(...inputTokens)).toBe(500)
  })
})
