import { existsSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { readTrace } from '../../../scenarios/index.ts'
import { Random } from '../../kernel/index.ts'
import { fitTraffic, type TraceSample } from '../../traffic/index.ts'
import { runReplication } from '../simulation/simulate.ts'
import { type FitRow, statisticsRows, tailRows } from './fit-check.ts'
import { LEAST_REPLICATIONS } from './fit-limits.ts'
import { fitInput, fitScenario, replicationFigures, sampleFigures } from './fit-scenario.ts'

/** Requests of 400 s: bursts of `size` at once, 5 requests/s on average. */
function bursts(size: number, seed: string): TraceSample {
  const random = new Random(seed)
  const times: number[] = []
  for (let at = 0; at < 400_000; at += 200 * size * random.exponential()) {
    for (let i = 0; i < size; i++) times.push(at + 20 * random.uniform())
  }
  const first = Math.min(...times)
  const sorted = Float64Array.from(times, (time) => time - first).sort()
  const lengths = Int32Array.from(sorted, () => 1 + random.integer(200))
  return { times: sorted, lengths, outputs: null }
}

/** The fit of one sample compared with another sample. */
function rowsOf(sample: TraceSample, fittedSample: TraceSample, replications = LEAST_REPLICATIONS) {
  const trace = sampleFigures(sample)
  const fitted = fitTraffic('fitted', fittedSample)
  const scenario = fitScenario(fitted.traffic, trace, { load: 0.6, seed: 1 })
  const numbers = Array.from({ length: replications }, (_, i) => i)
  const figures = numbers.map((i) => replicationFigures(scenario, fitted, i)!)
  const recorded = {
    class: 'recorded',
    arrivals: { process: 'trace', file: 'recorded', format: 'azure-llm' },
    input_tokens: { distribution: 'trace' },
  }
  const measured = fitScenario(recorded, trace, { load: 0.6, seed: 1 })
  return {
    statistics: statisticsRows(trace, figures, fitted.windows_s),
    tails: tailRows(
      runReplication(fitInput(measured, sample), 0),
      numbers.map((i) => runReplication(fitInput(scenario, null), i)),
    ),
  }
}

const verdicts = (rows: readonly FitRow[]) =>
  new Set(rows.flatMap(({ verdict }) => (verdict === null ? [] : [verdict])))
const named = (rows: readonly FitRow[], name: string) => rows.find((row) => row.name === name)!

describe('the comparison of a trace and its fit', () => {
  test('Poisson traffic: every figure and every tail agrees', () => {
    const { statistics, tails } = rowsOf(bursts(1, 'calm'), bursts(1, 'calm'))
    expect(verdicts(statistics)).toEqual(new Set(['PASS']))
    expect(verdicts(tails)).toEqual(new Set(['PASS']))
    expect(named(statistics, 'rate, 1/s').trace).toBeCloseTo(5, 0)
  })

  test('negative control: a fit to Poisson traffic does not match bursts', () => {
    const { statistics, tails } = rowsOf(bursts(12, 'wild'), bursts(1, 'calm'))
    expect(named(statistics, 'dispersion, 1 s').verdict).toBe('FAIL')
    expect(named(statistics, 'CV of gaps').verdict).toBe('FAIL')
    expect(named(statistics, 'input_tokens p50').verdict).toBe('PASS')
    expect(named(tails, 'latency p95, ms').verdict).toBe('FAIL')
  })

  test('few replications give no verdict on tails', () => {
    const { tails } = rowsOf(bursts(1, 'calm'), bursts(1, 'calm'), LEAST_REPLICATIONS - 1)
    expect(verdicts(tails)).toEqual(new Set(['UNDECIDED']))
    expect(named(tails, 'mean latency, ms').low).toBeNull()
  })

  test('a percentile with less than 100 requests beyond it has no verdict', () => {
    const { tails } = rowsOf(bursts(1, 'calm'), bursts(1, 'calm'))
    expect(named(tails, 'latency p90, ms').verdict).not.toBeNull()
    expect(tails.find(({ name }) => name === 'latency p99, ms')?.verdict ?? null).toBeNull()
  })

  test('its one replica has the requested load', () => {
    const sample = bursts(1, 'calm')
    const trace = sampleFigures(sample)
    const scenario = fitScenario(fitTraffic('x', sample).traffic, trace, { load: 0.6, seed: 1 })
    const busy = Array.from({ length: 10 }, (_, i) => {
      const { busyMs } = runReplication(fitInput(scenario, null), i)
      return busyMs.reduce((sum, ms) => sum + ms, 0) / (1000 * scenario.duration_s)
    })
    expect(busy.reduce((sum, share) => sum + share, 0) / 10).toBeCloseTo(0.6, 1)
  })
})

const azure = (name: string) =>
  new URL(`../../../../shared/data/azure_llm_2023_${name}.csv.gz`, import.meta.url).pathname

describe.skipIf(!existsSync(azure('conv')))('the Azure traces, where ../shared has them', () => {
  test.each(['code', 'conv'])('%s: dispersions, gaps, lengths, correlation', async (name) => {
    const file = azure(name)
    const rows = await readTrace(
      { process: 'trace', file, format: 'azure-llm', length_scale: 1, bad_rows: 'error' },
      '.',
    )
    const trace = sampleFigures(rows)
    const fitted = fitTraffic('fitted', rows)
    const scenario = fitScenario(fitted.traffic, trace, { load: 0.7, seed: 1 })
    const figures = Array.from({ length: 39 }, (_, i) => replicationFigures(scenario, fitted, i)!)
    // the rate of an hour of the code trace varies by 14 %: its mean needs more replications
    const judged = statisticsRows(trace, figures, fitted.windows_s).slice(1)
    expect(judged.filter(({ verdict }) => verdict !== null).length).toBeGreaterThan(10)
    expect(verdicts(judged)).toEqual(new Set(['PASS']))
  })
})
