import * as z from 'zod'
import { configurationRow } from './configuration-document.ts'
import {
  command,
  estimate,
  headOf,
  number,
  numberOrNull,
  numbers,
  profileRef,
  scenarioRef,
  verdict,
} from './document-parts.ts'
import { headroom, objectiveResult } from './system-figures.ts'
import { uncertainInput } from './uncertainty-document.ts'

/** Whether a configuration holds every objective, at the confidence of the plan. */
export const planVerdict = z.enum(['MEETS', 'FAILS', 'UNDECIDED'])

const namedObjective = z.strictObject({
  class: z.string().describe('Name of the class that the objective is for.'),
  text: z.string().describe('Objective as the scenario states it.'),
})

const lost = z
  .string()
  .optional()
  .describe('What is lost while the objective must hold; absent where nothing is.')

const survival = z
  .strictObject({
    lost: z.string().describe('What is lost for all of the run, such as "a replica of gpus".'),
    objectives: z.array(objectiveResult).describe('Objectives of the scenario with this loss.'),
  })
  .describe('The configuration with one loss.')

const plannedObjective = namedObjective
  .extend({
    lost,
    p_holds: numberOrNull.describe(
      'Confidence that the objective holds, 0 to 1, from a t test over replications; ' +
        'null for the reason stated.',
    ),
    reason: z
      .string()
      .nullable()
      .describe('Reason why there is no confidence; null where there is one.'),
    of_limit: numberOrNull.describe(
      'Figure over its limit, or for goodput the missed share over the one that may be missed; ' +
        'null where it is infinite.',
    ),
  })
  .describe('One objective of the configuration.')

const rowWithInputs = z
  .strictObject({
    draws: number.describe(
      'Number of draws of the inputs in which the configuration was simulated, or in which it ' +
        'follows from one with fewer or more replicas that it holds, or fails.',
    ),
    p_holds: numberOrNull.describe(
      'Probability, 0 to 1, that the configuration holds every objective, over what the inputs ' +
        'may be; null where it was left before all draws, as it failed in too many of them, or ' +
        'was drawn only where it may be cheaper than another one.',
    ),
    p_cheapest: numberOrNull.describe(
      'Probability, 0 to 1, that it holds every objective and that no cheaper configuration that ' +
        'was drawn does, at the prices of the same draw; null for all but the winner and the ' +
        'winner at the stated inputs.',
    ),
  })
  .describe('The configuration in draws of uncertain inputs.')

const withInputs = z
  .strictObject({
    stated_winner: number.describe(
      'Index of the row that is the winner at the stated inputs, from 0: the cheapest that meets.',
    ),
    replications: number.describe('Most replications of each draw, with common seeds.'),
    simulations: number.describe('Number of replications of draws that were simulated.'),
    inputs: z
      .array(uncertainInput)
      .describe('Inputs that are not known, in the winner at the stated inputs.'),
  })
  .describe('Search over what uncertain inputs may be.')

const bottleneck = z
  .strictObject({
    part: z
      .enum(['lag', 'queue', 'batch_wait', 'overhead', 'service', 'network'])
      .describe('Longest part, by its key in `parts` of a result.'),
    share: number.describe('Share of this part in the mean latency, 0 to 1.'),
  })
  .nullable()
  .describe(
    'Longest part of the mean latency in the class of the binding objective; ' +
      'null where no request was served.',
  )

/** One configuration that a plan has simulated. */
const planRow = z
  .strictObject({
    set: z
      .array(z.string())
      .describe('Overrides path=value of the configuration; empty for the scenario as it stands.'),
    today: z.boolean().describe('Whether the configuration is the scenario as it stands.'),
    rank: numberOrNull.describe(
      'Rank by cost among the configurations that meet, from 1, those without a price last; null ' +
        'for all others.',
    ),
    verdict: planVerdict.describe(
      'Whether the configuration holds every objective, at the stated inputs.',
    ),
    p_meets: number.describe('Least confidence of its objectives, 0 to 1; 0 where one has none.'),
    objectives: z.array(plannedObjective).describe('Objectives of the scenario, class by class.'),
    binding: namedObjective
      .extend({ lost })
      .describe(
        'Objective with the least confidence; that nearest to its limit, losses included, where all ' +
          'have more than 0.999.',
      ),
    survival: z
      .array(survival)
      .optional()
      .describe(
        'The same replications with each loss that the configuration must survive; absent where ' +
          'the plan has no such demand.',
      ),
    bottleneck,
    busiest_pool: z
      .strictObject({
        name: z.string().describe('Name of the pool.'),
        utilisation: numberOrNull.describe(
          'Share of the time of all replicas in which they run batches, 0 to 1; ' +
            'mean over replications, and null without a value.',
        ),
      })
      .describe('Pool with the highest utilisation.'),
    memory_of_limit: numberOrNull.describe(
      'Peak memory in use over its limit, 0 to 1, of the fullest device in any replication; ' +
        'null without a limit.',
    ),
    cost: numberOrNull.describe(
      'Cost of the configuration in its cost_unit; with scaled pools the mean of what its runs ' +
        'paid for. Null where it has no price and others have one.',
    ),
    paid: estimate
      .nullable()
      .describe(
        'What runs paid for in cost_unit, where pools are scaled, with its interval over runs; ' +
          'null where the cost is known in advance, and where there is none.',
      ),
    cost_vs_today: numberOrNull.describe(
      'Cost over that of the scenario as it stands, less 1; null where that is 0, and where one ' +
        'of the two has no price.',
    ),
    with_inputs: rowWithInputs
      .optional()
      .describe(
        'The configuration in draws of uncertain inputs; absent where it was not drawn, and where ' +
          'nothing is uncertain.',
      ),
    figures: configurationRow.describe('Figures of the configuration.'),
  })
  .describe('One configuration that was simulated.')

const skipped = z
  .strictObject({
    reason: z
      .enum(['dearer', 'no-price', 'fewer-replicas', 'same', 'invalid'])
      .describe(
        'Reason: no cheaper than the winner, no price and no fewer replicas than one without a ' +
          'price that meets, fewer replicas than one that fails, the same scenario as another, or ' +
          'invalid.',
      ),
    configurations: number.describe('Number of configurations that were skipped for this reason.'),
    example: z.array(z.string()).describe('Overrides path=value of one of them.'),
    problem: z
      .string()
      .nullable()
      .describe('Problem of the example where it is invalid; null for other reasons.'),
  })
  .describe('Configurations that were skipped for one reason.')

const monotone = z.strictObject({
  compared: number.describe('Number of pairs of configurations that differ in replicas only.'),
  against: z
    .array(
      namedObjective
        .extend({
          fewer: z.array(z.string()).describe('Overrides path=value of the one with fewer.'),
          more: z.array(z.string()).describe('Overrides path=value of the one with more.'),
          change: numberOrNull.describe(
            'Change of the figure with more replicas, as a share of 1: relative for a time, ' +
              'the loss for a goodput. Null where it is infinite.',
          ),
        })
        .describe('One pair and the first objective that is worse with more replicas.'),
    )
    .describe('Pairs in which an objective is worse with more replicas, by a paired t test.'),
})

const sensitivity = z
  .strictObject({
    what: z
      .enum(['rate', 'lengths', 'speed'])
      .describe('Cause: rate of the traffic, lengths of requests, or speed of models.'),
    change: number.describe('Change of the cause either way, as a share of 1.'),
    less: estimate.describe(
      'Figure of the objective with less of it: a percentile in ms, or goodput as a share of 1.',
    ),
    more: estimate.describe(
      'Figure of the objective with more of it: a percentile in ms, or goodput as a share of 1.',
    ),
  })
  .describe('Effect of one cause.')

const verified = z
  .strictObject({
    replays: number.describe('Number of replays.'),
    valid: z.boolean().describe('Whether all replays count.'),
    verdict: verdict.describe('Worst verdict of the objectives in the replays.'),
    objectives: z.array(objectiveResult).describe('Objectives in the replays.'),
    warnings: z.array(z.string()).describe('Warnings about the replays, each as one text.'),
  })
  .nullable()
  .describe('Replays of the winner on this machine; null where there are none.')

const listedPrice = z.strictObject({
  usd_per_hour: number.describe('Price of one card, USD per hour, with its share of the host.'),
  provider: z.string().describe('Name of the cloud provider.'),
  sku: z.string().describe('Name of the offer.'),
  region: z.string().nullable().describe('Region of the price; null where the source names none.'),
  date: z.string().nullable().describe('When the price was read; null where that is not known.'),
  source: z.string().describe('Where the price was read.'),
})

const cardPrice = z
  .strictObject({
    accelerator: z.string().describe('Name of the accelerator.'),
    tier: z.enum(['on-demand', 'reserved', 'spot']).describe('How the card is rented.'),
    listed: number.describe('Number of prices that the catalogue lists of it.'),
    lowest: listedPrice.describe('Lowest listed price, by which pools without a price are priced.'),
    highest: listedPrice.describe('Highest listed price.'),
  })
  .describe('Listed prices of one accelerator, for pools that state no price.')

export const planSchema = z
  .strictObject({
    ...headOf('spillway-plan'),
    scenario: scenarioRef.describe('Scenario as it stands.'),
    seed: number.describe('Seed of all random streams.'),
    profile: profileRef
      .nullable()
      .describe('Profile that the work of models is from; null where all work is declared.'),
    confidence: number.describe(
      'Confidence of a verdict, over all looks at a configuration, 0 to 1.',
    ),
    looks: z
      .array(number)
      .describe('Numbers of replications after which a configuration is judged.'),
    survive: z
      .enum(['replica', 'site'])
      .optional()
      .describe(
        'What each configuration must survive: the loss of a replica of any pool, or of any place ' +
          'with its pools; absent where nothing must be survived.',
      ),
    dimensions: z
      .array(
        z
          .strictObject({
            path: z.string().describe('Path of the scenario value, as in --set.'),
            values: z.array(z.string()).describe('Values that the search space has there.'),
          })
          .describe('One dimension of the search space.'),
      )
      .describe('Dimensions of the search space.'),
    default_space: z.boolean().describe('Whether the dimensions are the default ones.'),
    cost_unit: z
      .enum(['usd_per_hour', 'replicas'])
      .describe(
        'Unit of costs: USD per hour, or the number of replicas where no configuration has a price.',
      ),
    paid_hours: z
      .strictObject({
        counted_s: number.describe('Time of the traffic after the warm-up, s.'),
        whole_days: z
          .boolean()
          .describe(
            'Whether that is a whole number of days, and of the periods of waves and surges; if ' +
              'not, a month has other hours.',
          ),
      })
      .optional()
      .describe(
        'Hours whose mean the cost of scaled pools is; absent where no configuration that was ' +
          'simulated has any, as every hour costs the same then.',
      ),
    prices: z
      .array(cardPrice)
      .optional()
      .describe(
        'Listed prices of the accelerators of simulated configurations whose pools state no price; ' +
          'absent where there are none.',
      ),
    without_price: z
      .strictObject({
        configurations: number.describe('Number of configurations without a price.'),
        of: z
          .array(z.string())
          .describe('Accelerators without a price, and pools on this machine that state none.'),
      })
      .optional()
      .describe(
        'Configurations, and the scenario as it stands, that have no price while others have one; ' +
          'absent where there are none.',
      ),
    rate_rps: number.describe(
      'Mean rate of the traffic, requests per second; the same for all configurations.',
    ),
    peak_rate_rps: number
      .optional()
      .describe(
        'Highest rate of arrivals in any of the 120 intervals of the traffic, requests per second; ' +
          'mean over replications of the winner. Absent without a winner, and where chance ' +
          'explains the difference from the mean.',
      ),
    configurations: number.describe('Number of configurations in the search space.'),
    simulations: number.describe('Number of replications that the search simulated.'),
    rows: z
      .array(planRow)
      .describe(
        'Those that meet by their rank, then the others by cost, those without a price last; where ' +
          'none meets, the nearest miss first: by the objective that is farthest beyond its limit.',
      ),
    winner: numberOrNull.describe(
      'Index of the row of the winner, from 0: the cheapest that meets, or where none with a price ' +
        'does, that with the fewest replicas. Where inputs are uncertain, the cheapest that meets ' +
        'at the stated inputs and holds every objective with a probability of `confidence` or ' +
        'more. Null where no configuration does.',
    ),
    next_cheaper: numberOrNull.describe(
      'Index of the dearest row that is cheaper than the winner, from 0; null where none is, and ' +
        'where the winner has no price.',
    ),
    skipped: z.array(skipped).describe('Configurations that were not simulated, by reason.'),
    monotone: monotone.describe('Check that more replicas make no objective worse.'),
    headroom: headroom.describe(
      'How much traffic the winner holds; null without a winner, where rates cannot be ' +
        'multiplied, and where it was not asked for (--no-headroom).',
    ),
    max_rate_rps: numberOrNull.describe(
      'Highest mean rate that the winner holds of those tried, requests per second; ' +
        'null where it was not found.',
    ),
    replica_use: z
      .array(
        z
          .strictObject({
            name: z.string().describe('Name of the pool.'),
            every_s: number.describe(
              'Length of an interval, s; the first begins with the traffic.',
            ),
            needed: numbers.describe(
              'Replicas that the work of each interval needs at the capacity.',
            ),
            paid: numbers.describe('Replicas that are paid for in each interval.'),
          })
          .describe('Replicas of one pool of the winner over the traffic; means over runs.'),
      )
      .optional()
      .describe(
        'Replicas of the winner over the traffic, of pools whose capacity is known; absent without ' +
          'a winner, and where no capacity is known.',
      ),
    sensitivity: z
      .array(sensitivity)
      .describe(
        'Binding objective of the winner after small changes either way; empty without a winner, ' +
          'and where it was not asked for (--no-sensitivity).',
      ),
    with_inputs: withInputs
      .optional()
      .describe(
        'Search over what uncertain inputs may be; absent where nothing is uncertain, and where ' +
          'no configuration meets at the stated inputs. Headroom, replica_use and sensitivity ' +
          'are at the stated inputs.',
      ),
    winner_with_inputs: z
      .array(objectiveResult)
      .optional()
      .describe(
        'Objectives of the winner by the interval with uncertain inputs; absent without a winner, ' +
          'and where nothing is uncertain.',
      ),
    verified,
    notes: z.array(z.string()).describe('Assumptions of the plan, each as one text.'),
    command,
  })
  .describe('Cheapest configuration of a scenario that holds every objective.')

export type PlanVerdict = z.infer<typeof planVerdict>
export type PlanRow = z.infer<typeof planRow>
export type Plan = z.infer<typeof planSchema>
