import { describe, expect, test } from 'vitest'
import { scenarioOf } from '../../../test/scenarios.ts'
import { RequestList, trafficSource } from '../../traffic/index.ts'
import { type SimulationInput, simulationInput } from '../system/simulation-input.ts'
import { explained, measuredRanOut, simulatedRanOut } from './ran-out.ts'
import { keptReplication, runReplication } from './simulate.ts'

/** Lengths from 8 to 512, in arenas that no other batches leave room for. */
function inputOf(memory: object): SimulationInput {
  const scenario = scenarioOf({
    duration_s: 30,
    models: {
      scorer: {
        work: { law: 'linear', base_ms: 4, per_item_ms: 2, per_token_ms: 0.01 },
        memory: {
          parameters_millions: 10,
          activations: [{ per_token_kib: 16, lives: 2 }, { per_token_kib: 24 }],
        },
      },
    },
    traffic: [
      {
        class: 'web',
        arrivals: { process: 'poisson', rate_rps: 150 },
        input_tokens: { distribution: 'lognormal', median: 64, p99: 400, min: 8, max: 512 },
      },
    ],
    pools: [
      {
        name: 'central',
        model: 'scorer',
        replicas: 2,
        batching: { policy: 'dynamic', max_batch: 16, max_delay_ms: 5 },
        memory: { allocator: 'bfc', ...memory },
      },
    ],
  })
  const input = simulationInput(scenario)
  const traffic = { ...input, seed: scenario.seed, replication: 0 }
  return { ...input, requests: RequestList.collect(trafficSource(scenario, traffic)) }
}

function ranIn(memory: object) {
  const input = inputOf(memory)
  return {
    told: simulatedRanOut([runReplication(input, 0).memory]),
    read: measuredRanOut([keptReplication(input, 0).rows]),
  }
}

describe('remedies for a lack of memory', () => {
  test('is read off the rows as it was counted: parts, and batches that failed', () => {
    const halves = ranIn({ limit_mib: 110, out_of_memory: ['split'] })
    expect(halves.told.split).toBeGreaterThan(10)
    expect(halves.read).toEqual(halves.told)
    const { told, read } = ranIn({ limit_mib: 110, out_of_memory: [] })
    expect(told.failed).toBeGreaterThan(10)
    expect(read).toEqual(told)
  })

  test('is nothing where there is no limit', () => {
    const { told, read } = ranIn({})
    expect([told, read]).toEqual([NONE, NONE])
  })
})

const NONE = { shrunk: 0, split: 0, failed: 0 }

test('a check says why it may fail only where memory ran out only in simulations or only in replays', () => {
  const check = { verdict: 'FAIL', reason: 'off', worst: null } as const
  const some = { shrunk: 0, split: 3, failed: 1 }
  expect(explained(check, NONE, NONE)).toBe(check)
  expect(explained(check, some, { ...NONE, split: 1 })).toBe(check)
  expect(explained(check, some, NONE)).toEqual({
    ...check,
    reason:
      'off; memory ran out only in simulations (batches split: 3, batches failed: 1); arenas of a replay have no limit',
  })
  expect(explained(check, { ...NONE, shrunk: 2 }, NONE).reason).toContain('(arenas shrunk: 2)')
  expect(explained(check, NONE, some).reason).toBe(
    'off; memory ran out only in replays (batches split: 3, batches failed: 1)',
  )
})
