import fc from 'fast-check'
import type { Work } from '../scenarios/index.ts'
import { ANY_CLASS, type ClassPlan, FREE_CHANNEL, type PoolPlan } from '../sim/serving/index.ts'
import { planOf, requestsOf, type SmallSystem } from './small-system.ts'

type Generation = NonNullable<PoolPlan['generation']>

const STATIC = {
  tokenBudget: Number.POSITIVE_INFINITY,
  chunked: false,
  first: 'prefill',
  swapMsPerToken: null,
  preemptsByPriority: false,
  handOver: null,
} as const

const kv = fc.oneof(
  fc.constant({
    blocks: Number.POSITIVE_INFINITY,
    blockTokens: 16,
    watermark: 0,
    contiguous: false,
    prefixCache: false,
  }),
  fc.record({
    blocks: fc.integer({ min: 8, max: 60 }),
    blockTokens: fc.constantFrom(1, 4, 16),
    watermark: fc.constantFrom(0, 0.05),
    contiguous: fc.constant(false),
    prefixCache: fc.boolean(),
  }),
  fc.record({
    blocks: fc.integer({ min: 1, max: 9 }),
    blockTokens: fc.constantFrom(30, 60, 100),
    watermark: fc.constant(0),
    contiguous: fc.constant(true),
    prefixCache: fc.constant(false),
  }),
)

const continuous: fc.Arbitrary<Generation> = fc
  .record({
    maxSequences: fc.integer({ min: 1, max: 12 }),
    spare: fc.constantFrom(0, 3, 20, 500),
    chunked: fc.boolean(),
    first: fc.constantFrom('decode' as const, 'prefill' as const),
    kv,
    swapMsPerToken: fc.constantFrom(null, 0, 0.0107119),
    preemptsByPriority: fc.boolean(),
  })
  .map(({ spare, ...plan }) => ({
    policy: 'continuous',
    tokenBudget: plan.maxSequences + spare,
    handOver: null,
    ...plan,
  }))

const staticBatches: fc.Arbitrary<Generation> = fc
  .record({ maxSequences: fc.integer({ min: 1, max: 12 }), kv })
  .map(({ maxSequences, kv: cache }) => ({
    policy: 'static',
    ...STATIC,
    maxSequences,
    kv: { ...cache, prefixCache: false },
  }))

const work: fc.Arbitrary<Work> = fc.record({
  law: fc.constant('generation' as const),
  base_ms: fc.constantFrom(0.5123457, 1.0471976, 3.1419265),
  per_sequence_ms: fc.constantFrom(0, 0.1017321),
  per_prefill_token_ms: fc.constantFrom(0, 0.0203871),
  per_context_token_ms: fc.constantFrom(0, 0.0010133, 0.0100773),
})

const arrival = fc.record({
  gap: fc.double({ min: 0.001, max: 25, noNaN: true, noDefaultInfinity: true }),
  length: fc.integer({ min: 1, max: 60 }),
  output: fc.integer({ min: 1, max: 40 }),
  class: fc.integer({ min: 0, max: 1 }),
  // all prompts of a number have the same prefix
  prefix: fc.constantFrom(null, 1, 2, 3),
})

/** Some clients time out: all after the same time, or each after a drawn one. */
const leaving: fc.Arbitrary<Partial<ClassPlan>> = fc
  .record({
    timeouts: fc.constantFrom<Partial<ClassPlan>>(
      {},
      { clientTimeoutMs: 20.0730711 },
      { clientTimeoutMs: 150.0411717 },
      { drawnClientTimeout: { distribution: 'exponential', mean: 60 } },
    ),
    cancels: fc.boolean(),
    sharedPrefixTokens: fc.constantFrom(0, 7, 32),
    carriesContext: fc.boolean(),
  })
  .map(({ timeouts, ...rest }) => ({ ...timeouts, ...rest }))

export interface GenerationOptions {
  readonly policy?: 'continuous' | 'static'
  /** prefill and decode are in separate pools */
  readonly split?: boolean
}

/** A system with generation, and requests for it. */
export function generatingSystem({
  policy = 'continuous',
  split = false,
}: GenerationOptions = {}): fc.Arbitrary<SmallSystem> {
  const generation = policy === 'static' ? staticBatches : continuous
  return fc
    .record({
      generations: fc.tuple(generation, generation),
      replicas: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
      perReplicaQueues: fc.boolean(),
      work,
      link: fc.record({
        perMessageMs: fc.constantFrom(0, 0.7073711),
        msPerUnit: fc.constantFrom(0, 0.0300137),
        sharing: fc.constantFrom('fifo' as const, 'fair' as const),
      }),
      clients: fc.tuple(leaving, leaving),
      arrivals: fc.array(arrival, { minLength: 1, maxLength: 60, size: 'large' }),
    })
    .map(({ generations, replicas, perReplicaQueues, work: law, link, clients, arrivals }) => {
      const pools = generations.slice(0, split ? 2 : 1).map(
        (plan, i): Partial<PoolPlan> => ({
          replicas: replicas[i]!,
          perReplicaQueues,
          order: plan.preemptsByPriority
            ? { discipline: 'priority', ageingMs: Number.POSITIVE_INFINITY }
            : { discipline: 'fifo' },
          generation: {
            ...plan,
            handOver: split && i === 0 ? { pool: 1, channel: 0 } : null,
          },
        }),
      )
      let at = 0
      // numbers of a trace replace the prefix of a class
      const isNumbered = (number: number) =>
        clients[number]!.carriesContext || !clients[number]!.sharedPrefixTokens
      return {
        plan: planOf(pools, {
          classes: clients.map((client, i) => ({ ...ANY_CLASS, ...client, priority: i + 1 })),
          channels: [{ ...FREE_CHANNEL, ...link }],
        }),
        work: pools.map(() => law),
        requests: requestsOf(
          arrivals.map(({ gap }) => (at += gap)),
          {
            lengths: arrivals.map(({ length }) => length),
            outputs: arrivals.map(({ output }) => output),
            classes: arrivals.map((drawn) => drawn.class),
            prefixes: arrivals.map(({ prefix, class: number }) =>
              prefix && isNumbered(number) ? Int32Array.of(prefix) : null,
            ),
          },
        ),
      }
    })
}
