import { describe, expect, test } from 'vitest'
import { scenarioOf } from '../../../test/scenarios.ts'
import { PERCENTILES } from '../../stats/index.ts'
import { simulationInput } from '../system/simulation-input.ts'
import { runReplication } from './simulate.ts'

const slow = { share: 0.02, factor: 5 }

/** Gaps between tokens, and times of an answer, of an engine whose mean step takes 10 ms. */
function generated(residual: object) {
  const scenario = scenarioOf({
    duration_s: 400,
    models: { chat: { work: { law: 'generation', base_ms: 10, ...residual } } },
    traffic: [
      {
        class: 'text',
        arrivals: { process: 'poisson', rate_rps: 4 },
        input_tokens: { distribution: 'fixed', value: 10 },
        output_tokens: { distribution: 'fixed', value: 100 },
      },
    ],
    pools: [
      {
        name: 'gpu',
        model: 'chat',
        speed: 'ideal',
        generation: { policy: 'continuous', max_sequences: 32 },
      },
    ],
  })
  const [cell] = runReplication(simulationInput(scenario), 0).classes
  const { itl, tpot } = cell!.tokens!
  const at = (p: (typeof PERCENTILES)[number]) => itl.percentiles[PERCENTILES.indexOf(p)]!
  const [p90, p99] = [at(0.9) / at(0.5), at(0.99) / at(0.5)]
  return { itlMs: itl.mean, tpotMs: tpot.mean, p90, p99 }
}

describe('steps that scatter', () => {
  const even = generated({})
  const rare = generated({ slow })
  const both = generated({ slow, cv: 0.1 })

  test('keep the mean gap between tokens', () => {
    expect(even.itlMs).toBeCloseTo(10, 6)
    for (const { itlMs, tpotMs } of [rare, both]) {
      expect(Math.abs(itlMs / 10 - 1)).toBeLessThan(0.01)
      expect(Math.abs(tpotMs / 10 - 1)).toBeLessThan(0.01)
    }
  })

  test('show in the tail of the gaps: rare slow ones beyond their share, jitter below it', () => {
    // 0.78 % is the width of a bucket
    expect(Math.abs(rare.p90 - 1)).toBeLessThan(0.01)
    expect(Math.abs(rare.p99 / slow.factor - 1)).toBeLessThan(0.02)
    // p90 of all is p(0.9 / 0.98) of the others: z = 1.395 of sigma 0.09975
    expect(Math.abs(both.p90 / Math.exp(1.395 * 0.09975 - 0.0025) - 1)).toBeLessThan(0.02)
  })

  test('negative control: without a residual the gaps are even', () => {
    expect([even.p90, even.p99]).toEqual([1, 1])
  })
})
