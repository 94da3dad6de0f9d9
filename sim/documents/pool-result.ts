import * as z from 'zod'
import { estimate, estimateOrNull, number, numberOrNull, numbers } from './document-parts.ts'
import { cell, shedBy } from './request-figures.ts'

const energy = z.strictObject({
  power_w: estimate.describe(
    'Mean power of all accelerators of the pool, W, idle times included; mean over runs, and n ' +
      'counts runs.',
  ),
  joule_per_request: estimate.describe(
    'Energy of all accelerators over the served requests, J; mean over runs.',
  ),
  joule_per_token: estimateOrNull.describe(
    'Energy of all accelerators over the generated tokens of served requests, J; mean over ' +
      'runs. Null where nothing is generated.',
  ),
  carbon_g_per_request: estimateOrNull.describe(
    'Carbon of a served request, g of CO2 equivalent, from the electricity alone; mean over ' +
      'runs. Null where the scenario has no `carbon`.',
  ),
  shutdowns: z
    .strictObject({
      count: number.describe(
        'Times after the warm-up at which accelerators were too warm and stopped, summed over runs.',
      ),
      down: estimate.describe(
        'Mean number of replicas that are down because of it, until they serve again; mean over ' +
          'runs, and n counts runs.',
      ),
      series: numbers.describe('Mean number of such replicas in each interval of `series`.'),
    })
    .nullable()
    .describe('Replicas that are lost to heat; null where the pool has no `heat.shutdown_c`.'),
  uncalibrated: z
    .array(z.string())
    .describe('What is assumed of the power and heat of the pool, without a measured source.'),
  series: z
    .strictObject({
      every_s: number.describe('Length of an interval, s; the first begins with the traffic.'),
      power_w: numbers.describe('Mean power of all accelerators in each interval, W.'),
      heat: z
        .strictObject({
          warmest_c: numbers.describe(
            'Temperature of the warmest accelerator at the end of each interval, °C.',
          ),
          lowest_clock: numbers.describe(
            'Lowest clock of an accelerator at the end of each interval, as a share of the full one.',
          ),
        })
        .nullable()
        .describe('Heat over time; null where the pool has no `heat`.'),
    })
    .describe('Power and heat over the traffic, means over runs.'),
})

const regret = z
  .strictObject({
    replica_hours: estimate.describe(
      'Replica-hours that were paid for during the traffic above those of the oracle; below 0 where ' +
        'the policy saved on requests. Mean over runs, and n counts runs.',
    ),
    usd: estimateOrNull.describe('The same in USD; null where the pool has no price.'),
    short_share: estimate.describe(
      'Share of the intervals in which fewer replicas served than the oracle has, 0 to 1; mean over ' +
        'runs.',
    ),
    short_replica_hours: estimate.describe(
      'Replica-hours that were missing while fewer replicas served than the oracle has; mean over ' +
        'runs.',
    ),
    paid_replica_hours: estimate.describe(
      'Replica-hours that were paid for during the traffic; mean over runs.',
    ),
    oracle: z
      .strictObject({
        replica_hours: number.describe('Replica-hours that the oracle pays for.'),
        serving: numbers.describe(
          'Mean number of replicas of the oracle that serve in each interval.',
        ),
        paid: numbers.describe(
          'Mean number of replicas of the oracle that are paid for in each interval: they serve, or ' +
            'start in time for a later moment.',
        ),
        counted: z
          .boolean()
          .describe(
            'Whether the rate is that of the arrivals that were counted, as of a trace, or that which ' +
              'the scenario states.',
          ),
        beyond_max_share: number.describe(
          'Share of the time in which even `max` replicas are too few, 0 to 1.',
        ),
        steady_rps: z
          .array(
            z
              .strictObject({
                replicas: number.describe('Number of replicas.'),
                rps: number.describe('The rate, requests per second.'),
              })
              .describe('A rate, requests per second.'),
          )
          .describe(
            'The highest steady rates, requests per second, at which so many replicas hold every ' +
              'objective, from simulations with Poisson arrivals.',
          ),
      })
      .describe('The fewest replicas that hold every objective at the rates of the traffic.'),
  })
  .describe('The comparison with the oracle.')

const ejections = z.strictObject({
  count: estimate.describe(
    'Number of ejections after the warm-up; mean over runs, and n counts runs. A probe that fails ' +
      'counts as one.',
  ),
  by: z
    .strictObject({
      consecutive: number.describe('Ejections by failures in a row.'),
      success_rate: number.describe('Ejections by success rates.'),
      failure_percentage: number.describe('Ejections by failure percentages.'),
    })
    .describe('Ejections by cause, summed over runs.'),
  ejected_s: estimate.describe(
    'Time of replicas in which they were ejected, summed over the replicas of the pool, s; mean ' +
      'over runs, and n counts runs. During a panic it counts, although they get requests.',
  ),
  panic_s: estimate.describe(
    'Time in which ejections were ignored, as too many replicas were ejected, s; mean over runs, ' +
      'and n counts runs.',
  ),
  replicas: z
    .array(
      z
        .strictObject({
          replica: number.describe('Number of the replica, from 0.'),
          ejections: number.describe('Number of its ejections; mean over runs.'),
          ejected_s: number.describe('Time in which it was ejected, s; mean over runs.'),
        })
        .describe('A replica that was ejected.'),
    )
    .describe('Replicas that were ejected in any run.'),
})

const availability = z.strictObject({
  up_share: estimate.describe(
    'Share of the time of all replicas in which they take batches, 0 to 1, as the control plane ' +
      'sees it; of a scaled pool, of the time that is paid for. Mean over runs, n counts runs.',
  ),
  serving: estimate.describe(
    'Mean number of replicas that take batches, over time; mean over runs, and n counts runs.',
  ),
  paid: estimate.describe(
    'Mean number of replicas that are paid for, over time: they serve, start, serve what they ' +
      'have before they stop, or are in the warm pool. Mean over runs, and n counts runs.',
  ),
  losses: number.describe(
    'Replicas that the control plane has seen to be lost after the warm-up, summed over runs.',
  ),
  series: z
    .strictObject({
      every_s: number.describe('Length of an interval, s; the first begins with the traffic.'),
      serving: numbers.describe('Mean number of replicas that take batches in each interval.'),
      paid: numbers.describe('Mean number of replicas that are paid for in each interval.'),
    })
    .describe('Replicas over the traffic, means over runs.'),
  decisions: z
    .array(
      z
        .strictObject({
          at_s: number.describe('Time of the decision, s from the start of the traffic.'),
          replicas: number.describe('Replicas that the scaler wants from then on.'),
          reason: z.string().describe('Why, in a short sentence.'),
        })
        .describe('A decision of the scaler.'),
    )
    .describe(
      'Decisions of the scaler in the first run that changed the number of replicas, at most 1000.',
    ),
  regret: z
    .union([regret, z.string()])
    .nullable()
    .describe(
      'How the scaler compares with an oracle that has the rates in advance; a sentence where there ' +
        'is none, and null where the pool is not scaled or no oracle was asked for.',
    ),
})

const proxyRetries = z.strictObject({
  sent: number.describe('Number of retries that were sent, summed over runs.'),
  sent_share: estimate.describe(
    'The same for each request; mean over runs, and n counts requests.',
  ),
  succeeded: number.describe('Number of these retries that served their request, over runs.'),
  overflow: number.describe(
    'Requests that were not retried because retries were at their limit, summed over runs; they ' +
      'are in the counts as they ended.',
  ),
})

/** What a result states of a pool. Time counts from the warm-up to the last event of a run. */
export const poolResult = cell
  .extend({
    shed_by: shedBy.describe(
      'Requests that were refused on arrival, by the admission control that refused them first; ' +
        'the numbers add up to `shed`.',
    ),
    replicas: number.describe('Number of replicas of the pool.'),
    utilisation: estimate.describe(
      'Share of the time of all replicas in which they run batches, 0 to 1; of a scaled pool, of ' +
        'the time that is paid for. Engines are busy while they have any sequence. Mean over runs, ' +
        'and n counts runs.',
    ),
    capacity_utilisation: estimate
      .optional()
      .describe(
        'Share of the capacity of all replicas that the work of engines needs while the traffic ' +
          'lasts, from the warm-up to its end: the time that its tokens take at the capacity, over the ' +
          'time that is paid for. It is about 1 for an engine that is saturated all that time. Where ' +
          '`utilisation` counts an engine as busy with one sequence, this counts what it does. Mean ' +
          'over runs, and n counts runs. Absent where nothing is generated and where the capacity is ' +
          'not known.',
      ),
    needed_replicas: z
      .strictObject({
        every_s: number.describe('Length of an interval, s; the first begins with the traffic.'),
        mean: numbers.describe(
          'Number of replicas that the work of each interval needs at the capacity; mean over runs. ' +
            'The replicas that are paid for less these are idle by their work. Of engines by ' +
            'tokens; of batches by requests, each as much as the mean one.',
        ),
      })
      .optional()
      .describe('The work of the pool over the traffic; absent where its capacity is not known.'),
    occupied: estimate.describe(
      'Utilisation with overheads and stalls, 0 to 1: the time from the dispatch of a batch ' +
        'until the dispatcher sees its end. It is a mean over runs, and n counts runs.',
    ),
    stalls: z
      .strictObject({
        executors: number.describe(
          'Share of the time of batches in which executors stall, 0 to 1.',
        ),
        dispatcher: number.describe('Share of all time in which the dispatcher stalls, 0 to 1.'),
      })
      .nullable()
      .describe(
        'Time that stalls take in the recordings of the profile; null in a replay, ' +
          'and where the speed of the pool is not from a profile.',
      ),
    wasted: estimate.describe(
      'Share of the time of batches that was for clients after their timeout, 0 to 1; ' +
        'mean over runs, and n counts runs.',
    ),
    capacity_rps: numberOrNull.describe(
      'Highest rate that the pool serves with full batches of the requests that reach it, under ' +
        'its power limit, requests per second; null with model swapping and on a shared card.',
    ),
    batch_mean: estimate.describe(
      'Mean number of requests in a batch, or of sequences in a step; mean over runs, ' +
        'and n counts runs.',
    ),
    batch_efficiency: estimateOrNull.describe(
      'Padding efficiency, 0 to 1: tokens of requests over tokens computed; mean over runs. ' +
        'Null where requests have no lengths or are generated step by step.',
    ),
    batch_sizes: numbers.describe(
      'Number of batches of 1, 2, … requests after the warm-up, summed over runs; ' +
        'with generation, of steps by their sequences.',
    ),
    kv_blocks: estimateOrNull.describe(
      'Peak number of KV-cache blocks in use on one replica; mean over runs, and n counts runs. ' +
        'Null where nothing is generated.',
    ),
    kv_blocks_limit: numberOrNull.describe(
      'Number of KV-cache blocks of each replica; null where there is no limit.',
    ),
    energy: energy
      .nullable()
      .describe(
        'Energy of the accelerators of the pool; null in a replay, and where the pool has neither ' +
          '`power` nor an accelerator of the catalogue.',
      ),
    availability: availability
      .nullable()
      .describe('Replicas that take batches; null where none of them comes or goes.'),
    ejections: ejections
      .optional()
      .describe('Replicas that were ejected; absent where the pool has no outlier_detection.'),
    failed_undetected: number
      .optional()
      .describe(
        'Number of requests and attempts that failed on a replica that was down and still routed ' +
          'to, as health checks had not found its loss, after the warm-up; summed over runs. ' +
          'Absent where each loss is found at once.',
      ),
    slowdown: estimate
      .optional()
      .describe(
        'Time of batches and steps on a shared card over what they would take alone on it; mean ' +
          'over runs, and n counts runs. Absent without a shared card.',
      ),
    proxy_retries: proxyRetries
      .optional()
      .describe(
        'Retries by the proxy in front of the pool, of requests that were scheduled after the ' +
          'warm-up; absent without `retry_policy`. An attempt that was sent again is in no other ' +
          'count.',
      ),
    prefix_hit_rate: estimateOrNull.describe(
      'Prefix-cache hit rate, 0 to 1: the share of prompt tokens that were cached, warm-up ' +
        'included; mean over runs. Null without a prefix cache.',
    ),
  })
  .describe('Figures of one pool.')

export type PoolEjections = z.infer<typeof ejections>
export type PoolRegret = z.infer<typeof regret>
export type PoolRetries = z.infer<typeof proxyRetries>
export type PoolAvailability = z.infer<typeof availability>
export type PoolEnergy = z.infer<typeof energy>
export type PoolResult = z.infer<typeof poolResult>
