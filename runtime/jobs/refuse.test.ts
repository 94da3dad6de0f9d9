import { expect, test } from 'vitest'
import { scenarioOf } from '../../test/scenarios.ts'
import { refuseLive } from './refuse.ts'

const fixed = (value: number) => ({ distribution: 'fixed', value })

function problemOf(generation: object, pools: readonly object[] = []): string | null {
  const scenario = scenarioOf({
    models: { decoder: { builtin: 'transformer-decoder' } },
    traffic: [
      {
        ...{ class: 'chat', arrivals: { process: 'poisson', rate_rps: 1 } },
        ...{ input_tokens: fixed(10), output_tokens: fixed(10) },
      },
    ],
    pools: [
      { name: 'engine', model: 'decoder', generation: { max_sequences: 8, ...generation } },
      ...pools,
    ],
  })
  try {
    refuseLive([{ scenario, file: 's.yaml' }])
    return null
  } catch (error) {
    return (error as Error).message
  }
}

const kv_cache = { blocks: 100 }
const CONTINUOUS = { policy: 'continuous', kv_cache }

test.each([
  ['continuous', CONTINUOUS],
  ['static', { policy: 'static', kv_cache }],
  ['by priority', { ...CONTINUOUS, first: 'prefill', chunked_prefill: false }],
])('generation runs live: %s', (_, generation) => {
  expect(problemOf(generation)).toBeNull()
})

const decoding = { name: 'decode', model: 'decoder', generation: CONTINUOUS }

test.each([
  [{ policy: 'continuous' }, [], 'generation: add kv_cache.blocks: the KV cache of a replay has'],
  [
    { ...CONTINUOUS, preemption: 'swap', swap_ms_per_token: 1 },
    [],
    'generation.preemption: a replay does not swap KV caches out',
  ],
  [
    { ...CONTINUOUS, hand_over: { pool: 'decode' } },
    [decoding],
    'generation.hand_over: a replay does not decode in another pool',
  ],
])('what a replay does not do is refused by name: %o', (generation, pools, problem) => {
  expect(problemOf(generation, pools)).toContain(`s.yaml pools.engine.${problem}`)
})
