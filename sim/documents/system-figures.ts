import * as z from 'zod'
import {
  estimate,
  estimateOrNull,
  number,
  numberOrNull,
  numbers,
  verdict,
} from './document-parts.ts'
import { percentiles } from './request-figures.ts'
import { objectiveWithInputs } from './uncertainty-document.ts'

/** What documents state of a system as a whole. */

export const objectiveResult = z
  .strictObject({
    class: z.string().describe('Name of the class that the objective is for.'),
    text: z.string().describe('Objective as the scenario states it: "p(99) latency_ms < 250".'),
    estimate: estimate.describe(
      'Figure that the objective limits, over runs: a percentile in ms, in which lost requests ' +
        'are infinite, or goodput as a share of 1.',
    ),
    tail: z
      .strictObject({
        beyond: estimate.describe(
          'Share of the requests of all runs at or beyond the limit, with lost ones, and its 95 % ' +
            'interval; n counts requests.',
        ),
        design_effect: number.describe(
          'So many requests tell as much as one that is independent of all others, at least 1: ' +
            'late requests come in clusters.',
        ),
      })
      .nullable()
      .describe(
        'What decides where runs have too few requests for the percentile itself: the share ' +
          'beyond the limit against the share that may be. Null otherwise.',
      ),
    verdict: verdict.describe(
      'PASS or FAIL where the whole interval is on one side of the limit and the sample ' +
        'supports it, otherwise UNDECIDED.',
    ),
    interval: z
      .enum(['draws', 'inputs'])
      .optional()
      .describe(
        'Interval that decides: of the draws alone, or with what is not known of the inputs. Absent ' +
          'where nothing is uncertain, and draws decide.',
      ),
    with_inputs: objectiveWithInputs
      .optional()
      .describe(
        'The figure with what is not known of the inputs; absent where that does not decide.',
      ),
    deciding_duration_s: numberOrNull.describe(
      'Duration of the traffic that would about decide an undecided objective, s; ' +
        'null where it is decided or more time is no help.',
    ),
  })
  .describe('One objective of the scenario and its verdict.')

/** Effect of a class's surge on the waiting requests, over all queues. */
export const surgeResult = z
  .strictObject({
    class: z.string().describe('Name of the class whose traffic surges.'),
    at_s: number.describe('Start of the surge, s since the start of the run.'),
    peak_backlog: estimate.describe(
      'Peak backlog: the largest number of waiting requests of all queues until the next surge; ' +
        'mean over runs, and n counts runs.',
    ),
    recovery_s: estimate.describe(
      'Recovery time, s since the start of the decay; mean over runs, and n counts runs. ' +
        'Null where a run did not recover before the next surge or the end of its traffic.',
    ),
  })
  .describe('Effect of one surge on the waiting requests of all queues.')

/**
 * Per interval of `bucket_s`, from the start of the run to the end of its traffic; averaged over
 * runs. The drain after the end is left out.
 */
export const series = z.strictObject({
  bucket_s: number.describe('Length of an interval, s; the traffic has 120 of them.'),
  arrived_rps: numbers.describe(
    'Rate of arrivals in each interval, requests per second; mean over runs.',
  ),
  served_rps: numbers.describe(
    'Rate of served requests in each interval, by the time of their answer, requests per second; ' +
      'mean over runs.',
  ),
  wasted_rps: numbers.describe(
    'Rate of requests that replicas completed without serving them in each interval, requests per ' +
      'second; mean over runs. Their client had given up, another copy had been answered, or the ' +
      'replica returned an error.',
  ),
  good_rps: numbers
    .optional()
    .describe(
      'Goodput in each interval, requests per second: the part of `served_rps` that is within ' +
        'every latency limit of its class; mean over runs. Absent where no class has a limit.',
    ),
  queue_mean: numbers.describe(
    'Mean number of waiting requests of all queues in each interval; mean over runs.',
  ),
  queue_max: numbers.describe(
    'Largest number of waiting requests of all queues in each interval, in any run.',
  ),
  batch_mean: z
    .array(numberOrNull)
    .describe(
      'Mean number of requests in the batches that were dispatched in each interval; ' +
        'mean over runs, and null where there were none.',
    ),
  speed: z
    .array(numberOrNull)
    .describe(
      'Work over time taken of the batches that started in each interval, where 1 is the ' +
        'calibrated speed; mean over runs, and null where there were none.',
    ),
  heat: z
    .strictObject({
      latency_edges: numbers.describe(
        'Edges of the latency bins, ms, four to an octave; one more than there are bins.',
      ),
      counts: z
        .array(numbers)
        .describe(
          'Number of completed requests in each interval of their scheduled arrival, and there ' +
            'in each latency bin; summed over runs.',
        ),
    })
    .describe('Heat map of the latencies of completed requests over time.'),
})

/** Whether traffic passes through, or piles up or is turned away for want of capacity. */
export const stability = z.strictObject({
  state: z
    .enum(['STABLE', 'OVERLOADED', 'UNDECIDED'])
    .describe('Whether the system keeps up with its traffic in the second half after the warm-up.'),
  reason: z.string().describe('Reason for this state, with the figures that decide it.'),
  metastable: z
    .strictObject({
      runs: number.describe('Number of runs in which it is so; figures are means over these.'),
      since_s: number.describe('End of the last interval in which the system was well, s.'),
      load: number.describe(
        'Rate of requests without retries over the capacity, in the last quarter of the traffic.',
      ),
      served_share: number.describe(
        'Rate of served requests over that of requests without retries there.',
      ),
    })
    .optional()
    .describe(
      'Present where the system stays down although its load without retries is below its ' +
        'capacity: it served its traffic before, and neither does so nor works off a backlog in the ' +
        'last quarter of the traffic. Of simulations only.',
    ),
  backlog: estimate.describe(
    'Number of requests in the system at the end of the traffic; mean over runs, ' +
      'and n counts runs.',
  ),
  growth: estimate.describe(
    'Growth of the number of requests in the system over the second half after the warm-up, ' +
      'as a share of the arrivals in it; negative where the number fell.',
  ),
  demand: estimateOrNull.describe(
    'Time that served and lost requests of a pool need over the time of its replicas, in the ' +
      'pool where this is largest; null where no pool lost 1 % of its requests.',
  ),
})

export const headroom = z
  .strictObject({
    holds: numberOrNull.describe(
      "Most traffic that was tried and passes, in multiples of the scenario's traffic; " +
        'null where none passes.',
    ),
    breaks: numberOrNull.describe(
      "Least traffic that was tried and does not pass, in multiples of the scenario's traffic; " +
        'null where all passes.',
    ),
    objective: z
      .string()
      .nullable()
      .describe('First objective that does not pass at `breaks`; null where all pass.'),
    interval: z
      .literal('inputs')
      .optional()
      .describe(
        'Present where the interval with uncertain inputs decides; absent where that of draws does.',
      ),
  })
  .nullable()

export const worstWindow = z
  .strictObject({
    window_s: number.describe('Length of a window, s.'),
    classes: z
      .array(
        z
          .strictObject({
            name: z.string().describe('Name of the class.'),
            latency: percentiles.describe(
              'Percentiles of the latency of served requests, each in its worst window, ms.',
            ),
          })
          .describe('Worst windows of one class.'),
      )
      .describe('Latency of each class in its worst windows.'),
    pools: z
      .array(
        z
          .strictObject({
            name: z.string().describe('Name of the pool.'),
            utilisation: estimate.describe(
              'Largest utilisation of a window, 0 to 1, of the time that is paid for in it; mean ' +
                'over runs, and n counts runs.',
            ),
            capacity_utilisation: estimate
              .optional()
              .describe(
                'Largest capacity utilisation of a window; mean over runs, and n counts runs. Absent ' +
                  'where nothing is generated and where the capacity is not known.',
              ),
          })
          .describe('Worst window of one pool.'),
      )
      .describe('Utilisation of each pool in its worst window.'),
    queue_mean: estimate.describe(
      'Largest mean number of waiting requests of all pools in a window; mean over runs, ' +
        'and n counts runs.',
    ),
  })
  .nullable()
  .describe(
    'Figures in the window in which each is largest, from the warm-up to the end of the traffic; ' +
      'a request counts in the window in which it ends. Null where the run is too short.',
  )

export type Verdict = z.infer<typeof verdict>
export type Stability = z.infer<typeof stability>
export type Series = z.infer<typeof series>

export const tuningResult = z
  .strictObject({
    setting: z.string().describe('Path of the setting in the scenario.'),
    start: z.number().describe('Value with which the run began.'),
    changes: z
      .array(
        z
          .strictObject({
            at_s: z.number().describe('Time of the change, in s.'),
            to: z.number().describe('Value from then on.'),
            measured: z
              .number()
              .nullable()
              .describe(
                'What was observed in the window before: a percentile of latency in ms, or the share ' +
                  'of requests within the target; null where more requests than that gave up waiting.',
              ),
            reason: z.string().describe('Why the controller changed it, in words.'),
          })
          .describe('A change of the setting.'),
      )
      .describe('Changes in order of time.'),
  })
  .describe('A setting that was tuned.')

export const budgetResult = z
  .strictObject({
    limits: z
      .array(
        z
          .strictObject({
            what: z.enum(['replicas', 'watts']).describe('What is limited.'),
            limit: number.describe('Limit of the scenario, in replicas or W.'),
            most: number.describe('Most that the scaled pools had together in any run.'),
            mean: estimate.describe('What they had together, mean over time and runs.'),
          })
          .describe('One limit of the budget.'),
      )
      .describe('Limits of the budget, and what was used of them after the warm-up.'),
    pools: z
      .array(
        z
          .strictObject({
            name: z.string().describe('Name of the pool.'),
            cut_share: estimate.describe(
              'Share of the time in which it was granted less than its scaler asked for, 0 to 1.',
            ),
            cut_replica_hours: estimate.describe(
              'Replicas that its scaler asked for and did not get, in replica-hours a run.',
            ),
          })
          .describe('What one pool did not get.'),
      )
      .describe('Scaled pools, in their order.'),
  })
  .describe('A budget that scaled pools share.')
