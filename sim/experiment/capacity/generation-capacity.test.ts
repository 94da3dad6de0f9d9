import { expect, test } from 'vitest'
import { planOf, requestsOf, serve } from '../../../test/small-system.ts'
import { stream } from '../../kernel/index.ts'
import { STATIC_BATCHES } from '../../serving/generation/generation-plan.ts'
import { ANY_CLASS, OUTCOME, type PoolPlan } from '../../serving/index.ts'
import { declaredSteps } from '../../world/index.ts'
import type { Sequence } from './endless-queue.ts'
import { generationCapacity } from './generation-capacity.ts'

type Generation = NonNullable<PoolPlan['generation']>

const WORK = {
  law: 'generation' as const,
  base_ms: 10,
  per_sequence_ms: 0.1,
  per_prefill_token_ms: 0.02,
  per_context_token_ms: 0.0005,
}

const PLAIN = { watermark: 0, prefixCache: false }

/** Memory of 4096 tokens. */
const PAGED = { ...PLAIN, blocks: 256, blockTokens: 16, contiguous: false }
/** So many blocks that sequence slots are the limit. */
const CACHED = { ...PAGED, blocks: 4096, prefixCache: true }
const RESERVED = { ...PLAIN, blocks: 4, blockTokens: 1024, contiguous: true }
const SHORT = { ...PLAIN, blocks: 8, blockTokens: 512, contiguous: true }

function generationOf(kv: Generation['kv']): Generation {
  return {
    policy: 'continuous',
    maxSequences: 32,
    tokenBudget: 1024,
    chunked: true,
    first: 'decode',
    kv,
    swapMsPerToken: null,
    preemptsByPriority: false,
    handOver: null,
  }
}

const COMMON = 192
const CLASSES = [{ ...ANY_CLASS, sharedPrefixTokens: COMMON }]

/** Prompts of 20 to 400 tokens, answers of 20 to 300: some grow beyond 512. */
function drawer(seed: number): () => Sequence {
  const random = stream(seed, 0, 'lengths')
  return () => {
    const input = 20 + Math.floor(random.uniform() * 381)
    const output = 20 + Math.floor(random.uniform() * 281)
    return { class: 0, input, output, known: Math.min(input - 1, COMMON) }
  }
}

/** Requests/s of an engine, including rejected ones, when all arrive at the start. */
function rateOf(generation: Generation, work: typeof WORK): number {
  const draw = drawer(2)
  const all = Array.from({ length: 3000 }, draw)
  const { rows } = serve({
    plan: planOf([{ generation }], { classes: CLASSES }),
    requests: requestsOf(
      all.map(() => 0),
      { lengths: all.map(({ input }) => input), outputs: all.map(({ output }) => output) },
    ),
    work: [work],
  })
  const { done, outcome } = rows.columns
  const refused = outcome.filter((result) => result === OUTCOME.shed).length
  expect(refused > 0).toBe(generation.kv === SHORT)
  return (1000 * all.length) / Math.max(...done.filter(Number.isFinite))
}

/** Requests/s that the capacity of an engine promises. */
function capacityOf(pool: PoolPlan, work: typeof WORK): number {
  const traffic = { draw: drawer(1), classes: CLASSES, decodesOnly: false }
  return generationCapacity(pool, declaredSteps(work)!, traffic).rps
}

test.each([
  ['pages', PAGED],
  ['pages and a prefix cache', CACHED],
  ['reservations', RESERVED],
  ['reservations that refuse some', SHORT],
])('capacity with %s is the rate that an engine sustains', (_, kv) => {
  // long prompts, where prefix-cache hits matter
  const work = kv === CACHED ? { ...WORK, per_prefill_token_ms: 0.3 } : WORK
  const generation = generationOf(kv)
  const { pools } = planOf([{ generation }])
  const capacity = capacityOf(pools[0]!, work)
  const rate = rateOf(generation, work)
  expect(Math.abs(capacity / rate - 1)).toBeLessThan(0.03)
  // negative control: half the memory, or no cache, gives another capacity
  const { prefixCache } = kv
  const changed = prefixCache
    ? generationOf({ ...kv, prefixCache: false })
    : generationOf({ ...kv, blocks: kv.blocks / 2 })
  const [pool] = planOf([{ generation: changed }]).pools
  const wrong = capacityOf(pool!, work)
  expect(Math.abs(wrong / rate - 1)).toBeGreaterThan(0.25)
})

test('capacity of static batches has their padding, and what is read on of answers that are done', () => {
  const endless = { ...PAGED, blocks: Number.POSITIVE_INFINITY }
  const generation: Generation = { ...generationOf(endless), ...STATIC_BATCHES, policy: 'static' }
  const { pools } = planOf([{ generation }])
  for (const work of [
    { ...WORK, per_prefill_token_ms: 0.5 },
    { ...WORK, per_context_token_ms: 0.01 },
  ]) {
    const capacity = capacityOf(pools[0]!, work)
    expect(Math.abs(capacity / rateOf(generation, work) - 1)).toBeLessThan(0.03)
  }
})

test('engines that are alike are simulated once: more replicas have as many times its capacity', () => {
  const steps = declaredSteps(WORK)!
  let asked = 0
  const counting = {
    ...steps,
    stepMs: (batch: Parameters<typeof steps.stepMs>[0]) => {
      asked++
      return steps.stepMs(batch)
    },
  }
  const [pool] = planOf([{ generation: generationOf(PAGED) }]).pools
  const capacityWith = (replicas: number, seed = 1, alike = 'this test') => {
    const traffic = { draw: drawer(seed), classes: CLASSES, decodesOnly: false, alike }
    asked = 0
    const { rps } = generationCapacity({ ...pool!, replicas }, counting, traffic)
    return { rps, asked }
  }
  const first = capacityWith(1)
  expect(first.asked).toBeGreaterThan(0)
  expect(capacityWith(3)).toEqual({ rps: 3 * first.rps, asked: 0 })
  // other lengths, and another engine
  expect(capacityWith(1, 2).asked).toBeGreaterThan(0)
  expect(capacityWith(1, 1, 'another').asked).toBeGreaterThan(0)
})
