import { z } from 'zod'
import { outcomes, refusals } from '../serving/index.ts'
import { estimate } from './estimate-document.ts'
import { memorySpace } from './memory-document.ts'

export { estimate }

/**
 * The documents that Spillway writes: one result per run, simulated or measured, and a comparison
 * of runs. `spillway schema --document result` publishes them as JSON Schema.
 *
 * Times are milliseconds unless the key has another unit. A figure that the sample cannot support
 * is null, and `reason` states the sample that it needs.
 */

export const verdict = z.enum(['PASS', 'FAIL', 'UNDECIDED'])

export const percentiles = z.strictObject({
  p50: estimate,
  p90: estimate,
  p95: estimate,
  p99: estimate,
  p99_9: estimate,
})

export const distribution = z.strictObject({ mean: estimate, percentiles })

/** A count for each of these codes, by its key in results. */
function countsOf<K extends string>(
  codes: readonly { readonly key: K; readonly meaning: string }[],
): { readonly [P in K]: z.ZodNumber } {
  const entries = codes.map(({ key, meaning }) => [key, z.number().describe(meaning)] as const)
  return Object.fromEntries(entries) as { readonly [P in K]: z.ZodNumber }
}

export const counts = z.strictObject({
  arrived: z.number(),
  ...countsOf(outcomes),
  in_flight: z.number().describe('cut off before they ended'),
})

/** Refused requests by the first admission control that refused them; they add up to `shed`. */
export const shedBy = z.strictObject(countsOf(refusals))

export const parts = z.strictObject({
  lag: distribution.describe('scheduled to queued: a late generator, or the link on the way'),
  queue: distribution.describe('waiting while no executor is free'),
  batch_wait: distribution.describe('waiting although an executor is free'),
  overhead: distribution.describe('dispatch and completion'),
  service: distribution.describe('on the executor'),
})

export const tokenTimes = z.strictObject({
  ttft: distribution.describe('scheduled arrival to first token, over served requests'),
  tpot: distribution.describe('mean of a request from its first token on, for each further one'),
  itl: distribution.describe('gap between two tokens of a request; n counts gaps'),
  preemptions: estimate.describe('of a run: how often requests lost their places'),
})

const cell = z.strictObject({
  name: z.string(),
  counts,
  latency: distribution.describe('scheduled arrival to completion, over served requests'),
  latency_all: percentiles.describe('over all arrivals; a lost request takes infinitely long'),
  parts,
  goodput_rps: estimate,
  goodput_share: estimate,
  retries: z.number().describe('of those that arrived, second and further attempts of a call'),
  tokens: tokenTimes.nullable().describe('null where nothing was generated'),
})

const calls = z
  .strictObject({
    made: z
      .number()
      .describe('what clients wanted answered: a call has attempts, an attempt parts'),
    answered: z.number().describe('by all parts of one attempt; the others were given up'),
    latency: distribution.describe('first scheduled arrival to the last answer that it took'),
    latency_all: percentiles.describe('over all calls; one given up takes infinitely long'),
  })
  .nullable()
  .describe('null where each request is a call')

export const objectiveResult = z.strictObject({
  class: z.string(),
  text: z.string(),
  estimate,
  verdict,
})

export const poolResult = cell.extend({
  shed_by: shedBy,
  replicas: z.number(),
  utilisation: estimate,
  wasted: estimate.describe('share of the work that was for clients who had left'),
  capacity_rps: z
    .number()
    .nullable()
    .describe('at which the queue just stays stable; null where its model comes and goes'),
  batch_mean: estimate,
  batch_efficiency: estimate
    .nullable()
    .describe(
      'lengths of all members over what was computed, padding included; null without lengths',
    ),
  batch_sizes: z.array(z.number()).describe('batches of size 1, 2, …; of engines, steps'),
  kv_blocks: estimate
    .nullable()
    .describe('most in use on one replica; null where nothing is generated'),
  kv_blocks_limit: z
    .number()
    .nullable()
    .describe('blocks that each replica has; null for no limit'),
  prefix_hit_rate: estimate
    .nullable()
    .describe('tokens of prompts found in the cache, of all; null without a prefix cache'),
})

/** Effect of a class's surge on the waiting requests, over all queues. */
export const surgeResult = z.strictObject({
  class: z.string(),
  at_s: z.number(),
  peak_backlog: estimate.describe('most that waited until the next surge'),
  recovery_s: estimate.describe(
    'from the start of its decay until no more waited than ever before it; null where a run never got there',
  ),
})

/** Per interval of `bucket_s`, from the start of the run; summed or averaged over replications. */
export const series = z.strictObject({
  bucket_s: z.number(),
  arrived_rps: z.array(z.number()),
  served_rps: z.array(z.number()),
  queue_mean: z.array(z.number()),
  queue_max: z.array(z.number()),
  batch_mean: z.array(z.number().nullable()),
  speed: z.array(z.number().nullable()).describe('work over time taken; 1 is as calibrated'),
  heat: z.strictObject({
    latency_edges: z.array(z.number()).describe('log-spaced, one more than rows'),
    counts: z.array(z.array(z.number())).describe('[bucket][latency bin]'),
  }),
})

/** One point of a tail curve; p runs from 0.01 to the last that the sample supports. */
export const tailPoint = z.strictObject({
  p: z.number(),
  value: z.number(),
  low: z.number().nullable(),
  high: z.number().nullable(),
})

/** The machine on which a document was made or a profile calibrated. */
export const hostSchema = z.strictObject({
  cpu: z.string(),
  cores: z.number(),
  memory_gib: z.number(),
  platform: z.string(),
  node: z.string(),
  onnxruntime: z.string(),
  adapter: z.string().nullable(),
})

export const resultSchema = z.strictObject({
  document: z.literal('spillway-result'),
  format: z.literal(1),
  version: z.string(),
  commit: z.string().nullable(),
  world: z.enum(['simulated', 'measured']),
  scenario: z.strictObject({ name: z.string(), hash: z.string(), description: z.string() }),
  seed: z.number(),
  runs: z.number().describe('replications or replays'),
  profile: z.strictObject({ name: z.string(), hash: z.string() }).nullable(),
  requests: z.string().describe('hash of the generated requests'),
  duration_s: z.number(),
  warmup_s: z.number(),
  load: z
    .number()
    .nullable()
    .describe('mean rate over capacity; null where the capacity of a pool is not known'),
  classes: z.array(cell.extend({ calls })),
  pools: z.array(poolResult),
  objectives: z.array(objectiveResult),
  surges: z.array(surgeResult),
  memory: z.array(memorySpace).describe('of pools that say what memory they have'),
  tail: z.array(tailPoint).describe('latency over all classes; band over runs'),
  tails: z.array(z.array(tailPoint)).describe('the same per run, measured only'),
  series,
  warnings: z.array(z.string()),
  valid: z.boolean().describe('false where the load generator itself was late'),
  garbage_collections: z
    .strictObject({ count: z.number(), ms: z.number() })
    .nullable()
    .describe("in the executors' threads, over all replays; null in a simulation"),
  host: hostSchema.nullable().describe('left out of identity checks'),
})

export type Estimate = z.infer<typeof estimate>
export type Percentiles = z.infer<typeof percentiles>
export type Distribution = z.infer<typeof distribution>
export type Counts = z.infer<typeof counts>
export type ShedBy = z.infer<typeof shedBy>
export type Result = z.infer<typeof resultSchema>
export type PoolResult = z.infer<typeof poolResult>
export type Series = z.infer<typeof series>
export type TailPoint = z.infer<typeof tailPoint>
export type Host = z.infer<typeof hostSchema>
export type Verdict = z.infer<typeof verdict>
