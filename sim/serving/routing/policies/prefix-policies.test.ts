import { describe, expect, test } from 'vitest'
import { candidatesOf, routerOf } from '../router.test-helper.ts'
import type { RoutingPlan } from '../routing-plan.ts'

const times = (n: number, next: () => number) => Array.from({ length: n }, () => next())
/** A prompt of conversation `number`, whose numbers stand for 512 tokens each. */
const promptOf = (number: number, numbers = 2) =>
  Int32Array.from({ length: numbers }, (_, i) => 1000 * number + i)
const TOKENS = 1024

describe('prefix-affinity', () => {
  // sgl-model-gateway/src/policies/cache_aware.rs: cache_threshold 0.3, balance_abs_threshold 64,
  // balance_rel_threshold 1.5
  const plan = {
    policy: 'prefix-affinity',
    cacheThreshold: 0.3,
    balanceAbs: 64,
    balanceRel: 1.5,
    lruBlocks: 1000,
  } as const

  test('a prompt goes to the candidate that was sent the longest part of it', () => {
    const { next } = routerOf(plan, candidatesOf(0, 0, 0))
    const first = [1, 2, 3].map((prompt) => next({ tokens: TOKENS, prefix: promptOf(prompt) }))
    expect(first).toEqual([0, 1, 2])
    const again = [3, 1, 2].map((prompt) => next({ tokens: TOKENS, prefix: promptOf(prompt, 3) }))
    expect(again).toEqual([2, 0, 1])
  })

  // "If match rate ≤ cache_threshold: Route to the worker with smallest tree size"
  test.each([
    [0.3, 0],
    [0.5, 1],
  ])('above a threshold of %d of the prompt only', (cacheThreshold, expected) => {
    const { next } = routerOf({ ...plan, cacheThreshold }, candidatesOf(0, 0))
    expect(next({ tokens: TOKENS, prefix: promptOf(1) })).toBe(0)
    // 512 of 1024 tokens were sent: not more than one half
    const halfPrompt = Int32Array.of(1000, 7)
    expect(next({ tokens: TOKENS, prefix: halfPrompt })).toBe(expected)
  })

  // "imbalanced if both: (max - min) > abs_threshold, max > rel_threshold * min"
  test.each([
    [[65, 0], 1],
    [[64, 0], 0],
    [[195, 130], 0],
    [[196, 130], 1],
  ])('with loads %j it goes to %i', (loads, expected) => {
    const candidates = candidatesOf(0, 0)
    const { next } = routerOf(plan, candidates)
    next({ tokens: TOKENS, prefix: promptOf(1) })
    for (const [i, load] of loads.entries()) candidates[i]!.load = load
    expect(next({ tokens: TOKENS, prefix: promptOf(1) })).toBe(expected)
  })

  test('of several that were sent it the least loaded is taken', () => {
    const candidates = candidatesOf(0, 0)
    const { router, slot, next } = routerOf(plan, candidates)
    next({ tokens: TOKENS, prefix: promptOf(1) })
    router.routeApart(0, slot)
    candidates[0]!.load = 2
    candidates[1]!.load = 1
    expect(next({ tokens: TOKENS, prefix: promptOf(1) })).toBe(1)
  })

  test('the least recently used blocks are forgotten, those of a prompt from its end', () => {
    // 1024 tokens are 64 blocks
    const { next } = routerOf({ ...plan, lruBlocks: 96 }, candidatesOf(0, 0))
    next({ tokens: TOKENS, prefix: promptOf(1) })
    next({ tokens: TOKENS, prefix: promptOf(2) })
    next({ tokens: TOKENS, prefix: promptOf(3) })
    // candidate 0 has prompt 3 and the first half of prompt 1; a half is above the threshold
    expect(next({ tokens: TOKENS, prefix: promptOf(1) })).toBe(0)
  })
})

describe('endpoint-picker', () => {
  type Weights = Extract<RoutingPlan, { policy: 'endpoint-picker' }>['scorers']
  const NONE = { queue: 0, running: 0, kvCache: 0, prefixCache: 0, loadAware: 0 }
  const planOf = (weights: Partial<Weights>) =>
    ({
      policy: 'endpoint-picker',
      scorers: { ...NONE, ...weights },
      picker: 'max-score',
      lruBlocks: 31_250,
      viewAgeMs: 0,
    }) as const
  const drawing = (weights: Partial<Weights>) =>
    ({ ...planOf(weights), picker: 'weighted-random' }) as const
  const DRAWS = 20_000
  const shareOf = (chosen: readonly number[], candidate: number) =>
    chosen.filter((choice) => choice === candidate).length / chosen.length

  // llm-d-inference-scheduler pkg/epp queue-scorer: (max − q) / (max − min), 1 for all if equal.
  // A draw in proportion to scores shows them.
  test.each(['queue', 'running'] as const)('the %s score falls from 1 to 0', (scorer) => {
    const candidates = candidatesOf(0, 0, 0)
    const counts = [2, 4, 10]
    for (const [i, candidate] of candidates.entries()) {
      if (scorer === 'queue') candidate.waitingEach = counts[i]!
      else candidate.runningEach = counts[i]!
    }
    const chosen = times(DRAWS, routerOf(drawing({ [scorer]: 2 }), candidates).next)
    // scores 1, 6/8 and 0
    expect(shareOf(chosen, 0)).toBeCloseTo(1 / 1.75, 1)
    expect(shareOf(chosen, 1)).toBeCloseTo(0.75 / 1.75, 1)
    expect(shareOf(chosen, 2)).toBe(0)
    for (const candidate of candidates) candidate.waitingEach = candidate.runningEach = 7
    const chosenAlike = times(DRAWS, routerOf(drawing({ [scorer]: 2 }), candidates).next)
    for (const i of [0, 1, 2]) expect(Math.abs(shareOf(chosenAlike, i) - 1 / 3)).toBeLessThan(0.02)
  })

  // kv-cache-utilization-scorer: 1 − usage
  test('the score of the KV cache is the share that is not in use', () => {
    const candidates = candidatesOf(0, 0)
    candidates[0]!.kvUsage = 0.2
    candidates[1]!.kvUsage = 0.6
    expect(routerOf(planOf({ kvCache: 2 }), candidates).next()).toBe(0)
    const chosen = times(DRAWS, routerOf(drawing({ kvCache: 2 }), candidates).next)
    expect(Math.abs(shareOf(chosen, 0) - 2 / 3)).toBeLessThan(0.02)
  })

  // load-aware-scorer: 0.5 at an empty queue, 0 at the threshold of 128
  test('the load-aware score falls from one half at no waiting request to 0 at 128', () => {
    const candidates = candidatesOf(0, 0, 0)
    candidates[1]!.waitingEach = 64
    candidates[2]!.waitingEach = 128
    const chosen = times(DRAWS, routerOf(drawing({ loadAware: 1 }), candidates).next)
    expect(Math.abs(shareOf(chosen, 0) - 2 / 3)).toBeLessThan(0.02)
    expect(shareOf(chosen, 2)).toBe(0)
  })

  // prefix-cache-scorer: matched over all blocks of the prompt
  test('the prefix score is the share of the prompt that was sent before', () => {
    const candidates = candidatesOf(0, 0)
    // the KV score of the second is higher by 0.5 * 2
    candidates[0]!.kvUsage = 0.5
    const { next } = routerOf(planOf({ kvCache: 2, prefixCache: 3 }), candidates)
    const toFirst = { tokens: TOKENS, prefix: promptOf(1) }
    candidates[1]!.accepts = false
    next(toFirst)
    candidates[1]!.accepts = true
    // half of the prompt was sent: 3 * 0.5 is above 1; a quarter is not
    expect(next({ tokens: TOKENS, prefix: Int32Array.of(1000, 5) })).toBe(0)
    expect(next({ tokens: 2048, prefix: Int32Array.of(1000, 6, 7, 8) })).toBe(1)
  })

  // config/charts/epplib/templates/_config.yaml: queue 2, KV cache 2, prefix 3
  test('by default a whole prompt that was sent outweighs an empty queue', () => {
    const candidates = candidatesOf(0, 0)
    const { router, next } = routerOf('endpoint-picker', candidates)
    expect(router.viewAgeMs).toBe(50)
    const prefix = promptOf(1)
    const first = next({ tokens: TOKENS, prefix })
    candidates[first]!.waitingEach = 3
    router.refresh()
    expect(next({ tokens: TOKENS, prefix })).toBe(first)
    // with a KV cache that is full the other is better: 2 + 2 against 3
    candidates[first]!.kvUsage = 1
    expect(next({ tokens: TOKENS, prefix })).toBe(first)
    router.refresh()
    expect(next({ tokens: TOKENS, prefix })).toBe(1 - first)
  })

  // max-score-picker shuffles, then sorts
  test('of equals each is taken equally often', () => {
    const candidates = candidatesOf(0, 0, 0)
    candidates[2]!.kvUsage = 0.1
    const chosen = times(DRAWS, routerOf(planOf({ kvCache: 2 }), candidates).next)
    expect(Math.abs(shareOf(chosen, 0) - 1 / 2)).toBeLessThan(0.02)
    expect(shareOf(chosen, 2)).toBe(0)
  })
})
