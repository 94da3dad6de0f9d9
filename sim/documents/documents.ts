import { z } from 'zod'
import { outcomes, refusals } from '../serving/index.ts'
import { assumptions } from './assumptions-document.ts'
import {
  cost,
  estimate,
  estimateOrNull,
  headOf,
  number,
  numberOrNull,
  numbers,
  scenarioRef,
} from './document-parts.ts'
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
  const entries = codes.map(({ key, meaning }) => [key, number.describe(meaning)] as const)
  return Object.fromEntries(entries) as { readonly [P in K]: z.ZodNumber }
}

export const counts = z.strictObject({
  arrived: number,
  ...countsOf(outcomes),
  in_flight: number.describe('requests that had not ended when the run was cut off'),
})

/** Refused requests by the first admission control that refused them; they add up to `shed`. */
export const shedBy = z.strictObject(countsOf(refusals))

export const parts = z.strictObject({
  lag: distribution.describe('send delay, from the scheduled arrival to the queue'),
  queue: distribution.describe('wait while no executor is free'),
  batch_wait: distribution.describe('wait although an executor is free'),
  overhead: distribution.describe('dispatch and completion'),
  service: distribution.describe('on the executor'),
})

export const tokenTimes = z.strictObject({
  ttft: distribution.describe('scheduled arrival to first token, over served requests'),
  tpot: distribution.describe('mean time of a request per token after the first'),
  itl: distribution.describe('gap between two tokens of a request; n counts gaps'),
  preemptions: estimate.describe('preemptions of requests in a run'),
})

const cell = z.strictObject({
  name: z.string(),
  counts,
  latency: distribution.describe('scheduled arrival to completion, over served requests'),
  latency_all: percentiles.describe('over all arrivals; a lost request takes infinitely long'),
  parts,
  goodput_rps: estimate,
  goodput_share: estimate,
  retries: number.describe('arrivals that are the second or a further attempt of a call'),
  tokens: tokenTimes.nullable().describe('null where nothing was generated'),
})

const calls = z
  .strictObject({
    made: number.describe('calls of clients: a call has attempts, and an attempt has parts'),
    answered: number.describe('calls with an attempt whose parts were all answered'),
    latency: distribution.describe('first scheduled arrival to the answer of the last part'),
    latency_all: percentiles.describe('over all calls; one given up takes infinitely long'),
  })
  .nullable()
  .describe('null where each request is a call')

export const objectiveResult = z.strictObject({
  class: z.string(),
  text: z.string(),
  estimate,
  verdict,
  deciding_duration_s: numberOrNull.describe(
    'about the duration that would decide an undecided objective; null where more time is no help',
  ),
})

export const poolResult = cell.extend({
  shed_by: shedBy,
  replicas: number,
  utilisation: estimate.describe('share of the time in which executors run batches'),
  occupied: estimate.describe(
    'the same from the dispatch of a batch until the dispatcher sees its end: utilisation with overheads and stalls',
  ),
  stalls: z
    .strictObject({
      executors: number.describe('share of the time of batches'),
      dispatcher: number.describe('share of all time'),
    })
    .nullable()
    .describe(
      'time that stalls take in the recordings of the profile; null where it has none, and of replays',
    ),
  wasted: estimate.describe('share of the work that was done for clients after their timeout'),
  capacity_rps: numberOrNull.describe(
    'highest rate at which the queue is stable; null with model swapping',
  ),
  batch_mean: estimate,
  batch_efficiency: estimateOrNull.describe('padding efficiency; null without lengths'),
  batch_sizes: numbers.describe('batches of size 1, 2, …; with generation, steps'),
  kv_blocks: estimateOrNull.describe('peak in use on one replica; null where nothing is generated'),
  kv_blocks_limit: numberOrNull.describe('blocks of each replica; null for no limit'),
  prefix_hit_rate: estimateOrNull.describe(
    'share of all prompt tokens; null without a prefix cache',
  ),
})

/** Effect of a class's surge on the waiting requests, over all queues. */
export const surgeResult = z.strictObject({
  class: z.string(),
  at_s: number,
  peak_backlog: estimate.describe('peak backlog until the next surge'),
  recovery_s: estimate.describe(
    'recovery time, from the start of the decay; null where a run never recovered',
  ),
})

/**
 * Per interval of `bucket_s`, from the start of the run to the end of its traffic; averaged over
 * runs. The drain after the end is left out.
 */
export const series = z.strictObject({
  bucket_s: number,
  arrived_rps: numbers,
  served_rps: numbers,
  queue_mean: numbers,
  queue_max: numbers,
  batch_mean: z.array(numberOrNull),
  speed: z.array(numberOrNull).describe('work over time taken; 1 is the calibrated speed'),
  heat: z.strictObject({
    latency_edges: numbers.describe('evenly spaced logarithms; one more edge than rows'),
    counts: z.array(numbers).describe('[bucket][latency bin]'),
  }),
})

/** Whether traffic passes through, or piles up or is turned away for want of capacity. */
export const stability = z.strictObject({
  state: z.enum(['STABLE', 'OVERLOADED', 'UNDECIDED']),
  reason: z.string(),
  backlog: estimate.describe('requests in the system at the end of the traffic'),
  growth: estimate.describe(
    'by how much they grew over the second half of the counted time, as a share of its arrivals; negative where they fell',
  ),
  demand: estimateOrNull.describe(
    'time that served and lost requests need, over that of the replicas, in the pool where it is largest; null where no pool lost requests',
  ),
})

/** One point of a tail curve; p runs from 0.01 to the last that the sample supports. */
export const tailPoint = z.strictObject({
  p: number,
  value: number,
  low: numberOrNull,
  high: numberOrNull,
})

/** The machine on which a document was made or a profile calibrated. */
export const hostSchema = z.strictObject({
  cpu: z.string(),
  cores: number,
  memory_gib: number,
  platform: z.string(),
  node: z.string(),
  onnxruntime: z.string(),
  adapter: z.string().nullable(),
})

export const resultSchema = z.strictObject({
  ...headOf('spillway-result'),
  world: z.enum(['simulated', 'measured']),
  scenario: scenarioRef,
  seed: number,
  runs: number.describe('replications or replays'),
  precision: z
    .strictObject({
      target: number,
      reached: number.describe('half-width over value of the figure that is known worst'),
      figure: z.string(),
    })
    .nullable()
    .describe('where replications were added until half-widths were small; else null'),
  profile: z.strictObject({ name: z.string(), hash: z.string() }).nullable(),
  requests: z.string().describe('hash of the generated requests'),
  duration_s: number,
  warmup_s: number,
  load: numberOrNull.describe('mean rate / capacity; null where the capacity is undefined'),
  assumptions,
  classes: z.array(
    cell.extend({
      calls,
      tail: z
        .array(tailPoint)
        .describe('latency of served requests, as `tail`; empty for the only class'),
    }),
  ),
  stability,
  pools: z.array(poolResult),
  objectives: z.array(objectiveResult),
  headroom: z
    .strictObject({
      holds: numberOrNull.describe('most traffic that was tried and passes, in times of this'),
      breaks: numberOrNull.describe('least traffic that was tried and does not pass'),
      objective: z.string().nullable().describe('the first that does not pass there'),
    })
    .nullable()
    .describe('how much traffic passes every objective; null where it was not searched'),
  worst_window: z
    .strictObject({
      window_s: number,
      classes: z.array(z.strictObject({ name: z.string(), latency: percentiles })),
      pools: z.array(z.strictObject({ name: z.string(), utilisation: estimate })),
      queue_mean: estimate.describe('waiting requests of all pools'),
    })
    .nullable()
    .describe(
      'windows of this length from the warm-up to the end of the traffic: each figure in the window in which it is largest, by when requests end; null where the run is too short for several',
    ),
  cost: cost.nullable().describe('null where a pool has no price_usd_per_hour'),
  surges: z.array(surgeResult),
  memory: z.array(memorySpace).describe('memory of pools with `memory`'),
  tail: z.array(tailPoint).describe('latency over all classes, with an interval over runs'),
  tails: z.array(z.array(tailPoint)).describe('tail of each run; only for measured runs'),
  series,
  warnings: z.array(z.string()),
  valid: z.boolean().describe('false where a replay does not count; warnings have the reason'),
  garbage_collections: z
    .strictObject({ count: number, ms: number })
    .nullable()
    .describe('in the threads of executors, over all replays; null in a simulation'),
  host: hostSchema.nullable().describe('not compared in checks of identity'),
})

export type Estimate = z.infer<typeof estimate>
export type Percentiles = z.infer<typeof percentiles>
export type Distribution = z.infer<typeof distribution>
export type Counts = z.infer<typeof counts>
export type ShedBy = z.infer<typeof shedBy>
export type Result = z.infer<typeof resultSchema>
export type PoolResult = z.infer<typeof poolResult>
export type Stability = z.infer<typeof stability>
export type Series = z.infer<typeof series>
export type TailPoint = z.infer<typeof tailPoint>
export type Host = z.infer<typeof hostSchema>
export type Verdict = z.infer<typeof verdict>
