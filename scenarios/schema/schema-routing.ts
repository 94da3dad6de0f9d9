import { z } from 'zod'
import { count, kind, name, positive } from './schema-values.ts'

/** Routers of the scenario format: among pools, and among the queues of a pool. */

/** Settings that a policy has where a scenario names the policy alone. */
export const routingDefaults = Object.freeze({
  choices: 2,
  decay_ms: 10_000,
  default_rtt_ms: 30,
})

/** Optional: a default would change the hash of every scenario. */
const view = {
  view_age_ms: positive
    .optional()
    .describe(
      'The router sees the loads that candidates had at the last multiple of this time, as the ' +
        'metrics of a real fleet are that old. Without it, it sees the loads of the instant.',
    )
    .meta({ examples: [50] }),
}

const choices = count
  .min(2)
  .max(64)
  .default(routingDefaults.choices)
  .describe('The number of different candidates that are drawn, of which the best is taken.')

/** Policies that serve among pools and among the queues of a pool. */
const leastLoaded =
  'The candidate with the fewest requests for each executor, waiting and running, is taken; of ' +
  'equals the first.'
const random = z.strictObject({
  policy: kind('random', 'Each candidate is drawn with the same probability.'),
})
const roundRobin = z.strictObject({ policy: kind('round-robin', 'Candidates are taken in turn.') })
const leastWork = z.strictObject({
  policy: kind(
    'least-work',
    'The candidate that is predicted to end the request first is taken. Predictions are learnt ' +
      'from the batches that have ended.',
  ),
})
const powerOfChoices = z.strictObject({
  policy: kind('p2c', 'A few candidates are drawn, and the least loaded of them is taken.'),
  choices,
  ...view,
})
const peakEwma = z.strictObject({
  policy: kind(
    'peak-ewma',
    'A few candidates are drawn, and the one with the least product of response time and ' +
      'requests under way is taken, as in Finagle and Linkerd.',
  ),
  choices,
  decay_ms: positive
    .default(routingDefaults.decay_ms)
    .describe('The time in which the weight of an earlier response time falls to 1/e.'),
  default_rtt_ms: positive
    .default(routingDefaults.default_rtt_ms)
    .describe('The response time that a candidate is assumed to have at the start.'),
})
const sessionAffinity = z.strictObject({
  policy: kind(
    'session-affinity',
    'All requests of a session go to one candidate, by rendezvous hashing. Sessions are told ' +
      'apart by their prompts, so classes need `session.carry_context` or a trace with prefixes.',
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
  ...view,
})

export const router = z.discriminatedUnion('policy', [
  z.strictObject({
    policy: z.literal('least-loaded').default('least-loaded').describe(leastLoaded),
    ...view,
  }),
  roundRobin,
  random,
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
  leastWork,
  powerOfChoices,
  peakEwma,
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
    long: name.describe('The name of the pool for long requests.').meta({ examples: ['central'] }),
  }),
  sessionAffinity,
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
    ...view,
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
    ...view,
  }),
])

const NAMES = [
  'round-robin',
  'least-loaded',
  'random',
  'least-work',
  'p2c',
  'peak-ewma',
  'session-affinity',
] as const

/** A policy by its name, with its default settings, or with settings of its own. */
export const routing = z.union([
  z.enum(NAMES),
  z.discriminatedUnion('policy', [
    z.strictObject({ policy: kind('least-loaded', leastLoaded), ...view }),
    roundRobin,
    random,
    leastWork,
    powerOfChoices,
    peakEwma,
    sessionAffinity,
  ]),
])
