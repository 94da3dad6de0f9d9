import { describe, expect, test } from 'vitest'
import { scenarioOf } from '../../../test/scenarios.ts'
import { simulationInput } from '../system/simulation-input.ts'
import { keptReplication, runReplication } from './simulate.ts'

/** Two pools on one card: a batch of the first takes 4 ms, one of the second 10 ms. */
function scenarioWith(own: { readonly card?: string; readonly switchShare?: number }) {
  const { card, switchShare = 0 } = own
  return scenarioOf({
    duration_s: 20,
    models: {
      fast: { work: { law: 'constant', ms: 4 } },
      slow: { work: { law: 'constant', ms: 10 } },
    },
    traffic: [
      { class: 'a', model: 'fast', arrivals: { process: 'poisson', rate_rps: 60 } },
      { class: 'b', model: 'slow', arrivals: { process: 'poisson', rate_rps: 40 } },
    ],
    ...(card !== undefined && { cards: [{ name: card, switch_share: switchShare }] }),
    pools: ['fast', 'slow'].map((model) => ({ name: model, model, ...(card && { card }) })),
  })
}

const run = (own: Parameters<typeof scenarioWith>[0]) =>
  runReplication(simulationInput(scenarioWith(own)), 0)

describe('the slowdown of pools on one card', () => {
  test('is their time over their work, and no work is lost', () => {
    const { slowdowns, busyMs, pools } = run({ card: 'gpu-0' })
    for (const [i, ms] of [4, 10].entries()) {
      // busy times are on a grid of 2^-20 ms
      expect(busyMs[i]! / slowdowns[i]!).toBeCloseTo(ms * pools[i]!.counts.served, 4)
      expect(slowdowns[i]).toBeGreaterThan(1.1)
      // of two that share it each has half of the card at least
      expect(slowdowns[i]).toBeLessThan(2)
    }
    // short batches meet long ones more than the reverse
    expect(slowdowns[0]).toBeGreaterThan(slowdowns[1]!)
  })

  test('grows with the time that switching takes', () => {
    const [free, lossy] = [run({ card: 'gpu-0' }), run({ card: 'gpu-0', switchShare: 0.1 })]
    for (const i of [0, 1]) expect(lossy.slowdowns[i]).toBeGreaterThan(free.slowdowns[i]! + 0.03)
  })

  test('does not exist with cards of their own', () => {
    expect(run({}).slowdowns).toEqual([null, null])
  })
})

test('rows of a shared card are the same in every run', () => {
  const input = simulationInput(scenarioWith({ card: 'gpu-0' }))
  expect(keptReplication(input, 1).rows.columns).toEqual(keptReplication(input, 1).rows.columns)
})
