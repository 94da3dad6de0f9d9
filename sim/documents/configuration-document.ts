import * as z from 'zod'
import { cost, estimate, estimateOrNull, number, numberOrNull, verdict } from './document-parts.ts'
import { distribution, percentiles } from './request-figures.ts'
import { objectiveResult, stability } from './system-figures.ts'

const configuredClass = z
  .strictObject({
    name: z.string().describe('Name of the class.'),
    arrived: number.describe(
      'Number of requests scheduled after the warm-up, summed over replications.',
    ),
    latency: distribution.describe(
      'Latency of served requests, from their scheduled arrival to their completion, ms.',
    ),
    latency_all: percentiles.describe(
      'Percentiles of the latency over all arrivals, ms; a lost request takes infinitely long.',
    ),
    ttft: distribution
      .optional()
      .describe(
        'Time to first token of served requests, from their scheduled arrival, ms; absent where ' +
          'nothing is generated.',
      ),
    tpot: distribution
      .optional()
      .describe(
        'Mean time per token after the first, ms, over served requests with more than one token; ' +
          'absent where nothing is generated.',
      ),
    goodput_share: estimate.describe(
      'Share of all arrivals that were served within every latency limit of the class, 0 to 1; ' +
        'mean over replications.',
    ),
  })
  .describe('Figures of one class.')

const configuredPool = z
  .strictObject({
    name: z.string().describe('Name of the pool.'),
    replicas: number.describe('Number of replicas of the pool.'),
    utilisation: estimate.describe(
      'Share of the time of all replicas in which they run batches, 0 to 1; of a scaled pool, of ' +
        'the time that is paid for. Mean over replications, and n counts them.',
    ),
    capacity_utilisation: estimate
      .optional()
      .describe(
        'Share of the capacity of all replicas that the work of engines needs while the traffic ' +
          'lasts, of the time that is paid for then; mean over replications, and n counts them. Absent ' +
          'where nothing is generated and where the capacity is not known.',
      ),
    batch_mean: estimate.describe(
      'Mean number of requests in a batch, or of sequences in a step; mean over replications, ' +
        'and n counts them.',
    ),
    power_w: estimateOrNull.describe(
      'Mean power of all accelerators of the pool, W; mean over replications. Null where it is ' +
        'not known.',
    ),
    joule_per_request: estimateOrNull.describe(
      'Energy of all accelerators over the served requests, J; mean over replications. Null ' +
        'where it is not known.',
    ),
  })
  .describe('Figures of one pool.')

/** One configuration of a sweep, a plan or a set of variants; its figures over replications. */
export const configurationRow = z.strictObject({
  replications: number.describe('Number of replications.'),
  exact: z
    .literal(true)
    .optional()
    .describe(
      'True where nothing in the simulation is random: one replication was simulated and stands ' +
        'for all; absent elsewhere.',
    ),
  capacity_rps: numberOrNull.describe(
    'Capacity of all pools together, requests per second: the rate at which the first pool is ' +
      'full, where the router does not look at loads. Null where it is undefined.',
  ),
  load: numberOrNull.describe(
    'Mean rate of the first replication over the capacity; null where that is undefined.',
  ),
  verdict: verdict
    .nullable()
    .describe('Worst verdict of the objectives; null where the scenario has none.'),
  objectives: z.array(objectiveResult).describe('Objectives of the scenario, class by class.'),
  stability: stability.describe(
    'Whether the system keeps up with its traffic; latencies of an overloaded one depend on ' +
      'the duration.',
  ),
  classes: z.array(configuredClass).describe('Figures of each class of the traffic.'),
  pools: z.array(configuredPool).describe('Figures of each pool.'),
  extrapolated: z
    .array(z.string())
    .describe(
      'Where batches or lengths are beyond those that were measured, and times are therefore ' +
        'extrapolated.',
    ),
  transferred: z
    .array(z.string())
    .optional()
    .describe(
      'Pools whose times were fitted on another card, at another precision or with another engine, ' +
        'and what such transfers missed by; absent where there are none.',
    ),
  uncalibrated: z
    .array(z.string())
    .describe('What is assumed of the accelerators of each pool, without a measurement.'),
  measured_times: z
    .literal(true)
    .optional()
    .describe(
      'True where the service times of all pools were measured: by a profile, or by a fit on the ' +
        'card and at the precision of the pool; absent where they are declared or transferred.',
    ),
  cost: cost.nullable().describe('Cost of the replicas; null where a pool has no price.'),
})

export type Cost = z.infer<typeof cost>
export type ConfigurationRow = z.infer<typeof configurationRow>
