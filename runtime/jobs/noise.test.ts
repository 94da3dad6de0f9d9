import { expect, test } from 'vitest'
import { sampleResult } from '../../reports/sample-documents.test-helper.ts'
import { scenarioOf } from '../../test/scenarios.ts'
import { noiseWarnings, shortNoise } from './noise.ts'

/** A machine whose threads met so many stalls of 3 ms in 1.2 s. */
const machine = (stalls: number) =>
  (['dispatcher', 'executor'] as const).map((role) => ({
    role,
    core: null,
    steal: null,
    spunMs: 1200,
    longest: [],
    kernelMs: [1],
    gaps: Array<number>(stalls).fill(3),
  }))

const simulated = sampleResult('simulated')
const scenario = scenarioOf({})
const warnings = (stalls: number, result = simulated) =>
  noiseWarnings(machine(stalls), scenario, result)

test('a share of all requests has no exponent', () => {
  const [text] = warnings(3900)
  expect(text).toMatch(/: 100 % of requests that are served in/)
})

test('percentiles that stalls leave undecided are named, by class and service time', () => {
  const [text, ...others] = warnings(30)
  expect(others).toEqual([])
  expect(text).toMatch(
    /^class interactive: p90, p95, p99 cannot be decided on this machine as it is now: \d+ % of/,
  )
  expect(text).toContain('spillway doctor --noise')
})

test('a still machine has no warning, nor one with few stalls, which may be chance', () => {
  expect(warnings(0)).toEqual([])
  expect(warnings(1)).toEqual([])
})

test('a percentile that the requests do not support is not judged, so it is not named', () => {
  expect(warnings(400).join()).not.toContain('p99.9')
  const classes = simulated.classes.map((one) => {
    return { ...one, counts: { ...one.counts, served: 1000 * simulated.runs } }
  })
  // p90 needs 1,000 requests
  expect(warnings(30, { ...simulated, classes })).toEqual([
    expect.stringMatching(/^class interactive: p90 cannot/),
  ])
})

test('percentiles of objectives are judged as well', () => {
  const strict = scenarioOf({ slo: { web: ['p(98) latency_ms < 5'] } })
  const [text] = noiseWarnings(machine(30), strict, simulated)
  expect(text).toMatch(/: p90, p95, p98, p99 cannot/)
})

test('a measurement that fails is a warning, and none follow from it', async () => {
  const said: string[] = []
  // a scenario that no schema lets through
  const pools = [{ ...scenario.pools[0]!, replicas: -1 }]
  const noise = await shortNoise({ ...scenario, pools }, { onWarning: (text) => said.push(text) })
  expect(noise).toBe(null)
  expect(said).toEqual([expect.stringMatching(/^the noise of this machine is not measured: /)])
  expect(noiseWarnings(noise, scenario, simulated)).toEqual([])
})

test('an interruption ends it', async () => {
  const signal = AbortSignal.abort()
  const ended = shortNoise(scenario, { signal, onWarning: () => {} })
  await expect(ended).rejects.toMatchObject({ exitCode: 130 })
})
