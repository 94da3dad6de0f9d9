import * as z from 'zod'
import {
  branch,
  count,
  kind,
  lazy,
  name,
  nonNegative,
  once,
  positive,
  share,
} from './schema-values.ts'

/** Routers of the scenario format: among pools, and among the queues of a pool. */

/** How `least-loaded` takes one of equals; `random` where a scenario does not say. */
const routingTies = ['random', 'rotating', 'first'] as const

/** Optional: a default would change the hash of every scenario. */
const view = once(() => ({
  view_age_ms: positive
    .optional()
    .describe(
      'The router sees the loads that candidates had at the last multiple of this time, as the ' +
        'metrics of a real fleet are that old. Without it, it sees the loads of the instant.',
    )
    .meta({ examples: [50] }),
  count_own_sends: z
    .boolean()
    .optional()
    .describe(
      'Whether the router adds what it has sent to a candidate since the last refresh to the load ' +
        'that it sees. Without it, it does not. It needs `view_age_ms`.',
    )
    .meta({ examples: [true] }),
}))

const choices = count
  .min(2)
  .max(64)
  .default(2)
  .describe('The number of different candidates that are drawn, of which the best is taken.')

/** Policies that serve among pools and among the queues of a pool. */
const leastLoaded =
  'The candidate with the fewest requests for each executor, waiting and running, is taken; ' +
  '`ties` says which of equals.'
const ties = once(() => ({
  ties: z
    .enum(routingTies)
    .optional()
    .describe(
      'Which of the candidates with the least load is taken: each with the same probability ' +
        '(`random`, also without this key), the next one after the candidate that was taken last ' +
        '(`rotating`), or the first in the order of the list (`first`).',
    )
    .meta({ examples: ['rotating'] }),
}))
const random = branch({ policy: 'random' }, () =>
  z.strictObject({
    policy: kind('random', 'Each candidate is drawn with the same probability.'),
  }),
)
const roundRobin = branch({ policy: 'round-robin' }, () =>
  z.strictObject({ policy: kind('round-robin', 'Candidates are taken in turn.') }),
)
const leastWork = branch({ policy: 'least-work' }, () =>
  z.strictObject({
    policy: kind(
      'least-work',
      'The candidate that is predicted to end the request first is taken. Predictions are learnt ' +
        'from the batches that have ended.',
    ),
  }),
)
const powerOfChoices = branch({ policy: 'p2c' }, () =>
  z.strictObject({
    policy: kind('p2c', 'A few candidates are drawn, and the least loaded of them is taken.'),
    choices,
    ...view(),
  }),
)
const peakEwma = branch({ policy: 'peak-ewma' }, () =>
  z.strictObject({
    policy: kind(
      'peak-ewma',
      'A few candidates are drawn, and the one with the least product of response time and ' +
        'requests under way is taken, as in Finagle and Linkerd.',
    ),
    choices,
    decay_ms: positive
      .default(10_000)
      .describe('The time in which the weight of an earlier response time falls to 1/e.'),
    default_rtt_ms: positive
      .default(30)
      .describe('The response time that a candidate is assumed to have at the start.'),
  }),
)
const sessionAffinity = branch({ policy: 'session-affinity' }, () =>
  z.strictObject({
    policy: kind(
      'session-affinity',
      'All requests of a session go to one candidate, by rendezvous hashing. Sessions differ ' +
        'by their prompts, so classes need `session.carry_context` or a trace with prefixes.',
    ),
    max_load_factor: z
      .number()
      .min(1)
      .max(1000)
      .optional()
      .describe(
        'A candidate with more than this multiple of the mean load is passed over, as in ' +
          'consistent hashing with bounded loads. Without it, none is.',
      )
      .meta({ examples: [1.25] }),
    ...view(),
  }),
)

const lruBlocks = (blocks: number) =>
  count
    .max(100_000_000)
    .default(blocks)
    .describe(
      'The number of blocks of 16 tokens, of prompts that it was sent, that the router remembers ' +
        'of each candidate. Those used least recently are forgotten first.',
    )
const prefixAffinity = branch({ policy: 'prefix-affinity' }, () =>
  z.strictObject({
    policy: kind(
      'prefix-affinity',
      'The candidate that was sent the longest part of the prompt is taken, as in the cache-aware ' +
        'router of SGLang and vLLM; where loads are unequal, the least loaded one.',
    ),
    cache_threshold: share
      .default(0.3)
      .describe(
        'Where no candidate was sent more than this share of the prompt, the one is taken of which ' +
          'the fewest blocks are remembered.',
      ),
    balance_abs: nonNegative
      .default(64)
      .describe(
        'Loads are unequal if the highest is more than this above the lowest and also more than ' +
          '`balance_rel` times as high. Loads are requests for each executor.',
      ),
    balance_rel: z
      .number()
      .min(1)
      .max(1000)
      .default(1.5)
      .describe('The ratio of the highest to the lowest load above which loads may be unequal.'),
    lru_blocks: lruBlocks(262_144),
  }),
)
const weight = (by: number, text: string) => nonNegative.max(1000).default(by).describe(text)
const endpointPicker = branch({ policy: 'endpoint-picker' }, () =>
  z.strictObject({
    policy: kind(
      'endpoint-picker',
      'The candidate with the highest sum of weighted scores is taken, as in the endpoint picker of ' +
        'llm-d. Each score is between 0 and 1.',
    ),
    scorers: z
      .strictObject({
        queue: weight(2, 'The weight of the score for few waiting requests.'),
        running: weight(0, 'The weight of the score for few running requests.'),
        kv_cache: weight(2, 'The weight of the share of the KV cache that is not in use.'),
        prefix_cache: weight(
          3,
          'The weight of the share of the prompt that the candidate was sent before.',
        ),
        load_aware: weight(
          0,
          'The weight of a score that falls from 0.5 at no waiting request to 0 at 128 of them.',
        ),
      })
      .prefault({})
      .describe('The weights of the scores; a score of weight 0 does not count.'),
    picker: z
      .enum(['max-score', 'weighted-random'])
      .default('max-score')
      .describe(
        'How the sums decide: `max-score` takes the highest, of equals one at random; ' +
          '`weighted-random` draws one in proportion to the sums.',
      ),
    lru_blocks: lruBlocks(31_250),
    view_age_ms: positive
      .max(200)
      .default(50)
      .describe(
        'The router sees the metrics that candidates had at the last multiple of this time. llm-d ' +
          'does not trust metrics older than 200 ms.',
      ),
  }),
)

/** Policies that serve among pools and among the queues of a pool, by their names. */
const anywhere = {
  'round-robin': roundRobin,
  random,
  'least-work': leastWork,
  p2c: powerOfChoices,
  'peak-ewma': peakEwma,
  'session-affinity': sessionAffinity,
  'prefix-affinity': prefixAffinity,
  'endpoint-picker': endpointPicker,
}

export const router = lazy(() =>
  z.discriminatedUnion('policy', [
    z.strictObject({
      policy: z.literal('least-loaded').default('least-loaded').describe(leastLoaded),
      ...ties(),
      ...view(),
    }),
    ...Object.values(anywhere),
    z.strictObject({
      policy: kind(
        'weighted',
        'Pools are taken in turn, in proportion to their weights and evenly spread, as in nginx.',
      ),
      weights: z
        .record(name, count.max(10_000))
        .describe('Weights by the names of pools; a pool that is not named has weight 1.')
        .meta({ examples: [{ central: 3 }] }),
    }),
    z.strictObject({
      policy: kind(
        'latency-target',
        'The cheapest pool that is predicted to meet the target is taken, by `price_usd_per_hour`; ' +
          'where none is, the one that is predicted to end the request first.',
      ),
      target_ms: positive
        .optional()
        .describe(
          'The latency that is to be met. Without it, the lowest limit on `latency_ms` among the ' +
            'objectives of the class.',
        )
        .meta({ examples: [200] }),
    }),
    z.strictObject({
      policy: kind('length-threshold', 'Short requests go to one pool, long ones to another.'),
      threshold_tokens: count
        .describe('The longest input of a short request.')
        .meta({ examples: [512] }),
      short: name.describe('The name of the pool for short requests.').meta({ examples: ['edge'] }),
      long: name
        .describe('The name of the pool for long requests.')
        .meta({ examples: ['central'] }),
      fail_over: z
        .boolean()
        .optional()
        .describe(
          'Whether requests go to the other pool while theirs has no replica that serves. Without ' +
            'it, they wait in a queue that replicas share, and go to the other pool only where ' +
            'queues are per replica.',
        )
        .meta({ examples: [true] }),
    }),
    z.strictObject({
      policy: kind(
        'spill-over',
        'The first pool, in the order of the list, whose load is below the limit is taken; where ' +
          'there is none, the least loaded one.',
      ),
      max_load: positive
        .describe(
          'Requests for each executor, waiting and running, from which on a pool is passed over.',
        )
        .meta({ examples: [2] }),
      ...view(),
    }),
    z.strictObject({
      policy: kind(
        'locality',
        'The nearest pool by the mean time of its network is taken, of equals the first, if its ' +
          'load is below the limit; else the next nearest, and so on. Where no load is below it, ' +
          'the least loaded pool is taken.',
      ),
      max_load: positive
        .describe(
          'Requests for each executor, on their way, waiting and running, from which on a pool is ' +
            'passed over.',
        )
        .meta({ examples: [4] }),
      ...view(),
    }),
  ]),
)

/** A policy by its name, with its default settings, or with settings of its own. */
export const routing = lazy(() => {
  const inPool = z.strictObject({
    policy: kind('least-loaded', leastLoaded),
    ...ties(),
    ...view(),
  })
  return z.union([
    z.object({ 'least-loaded': inPool, ...anywhere }).keyof(),
    z.discriminatedUnion('policy', [inPool, ...Object.values(anywhere)]),
  ])
})
