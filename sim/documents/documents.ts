import * as z from 'zod'
import { assumptions } from './assumptions-document.ts'
import { cost, headOf, number, numberOrNull, profileRef, scenarioRef } from './document-parts.ts'
import { hostSchema } from './host-document.ts'
import { memorySpace } from './memory-document.ts'
import { poolResult } from './pool-result.ts'
import { calls, cell, hedges, held, tailPoint } from './request-figures.ts'
import {
  budgetResult,
  headroom,
  objectiveResult,
  series,
  stability,
  surgeResult,
  tuningResult,
  worstWindow,
} from './system-figures.ts'
import { uncertainty } from './uncertainty-document.ts'

/**
 * The documents that Spillway writes: one result per run, simulated or measured, and a comparison
 * of runs. `spillway schema --document result` publishes them as JSON Schema.
 *
 * Times are milliseconds unless the key has another unit. A figure that the sample cannot support
 * is null, and `reason` states the sample that it needs.
 */

const classResult = cell
  .extend({
    calls,
    hedges,
    held: held.optional(),
    tail: z
      .array(tailPoint)
      .describe(
        'Tail curve of the latency of served requests of the class; empty for the only class.',
      ),
  })
  .describe('Figures of one class.')

const tokenTail = z.strictObject({
  tail: z.array(tailPoint).describe('Tail curve over all runs; empty where a run has too few.'),
  tails: z.array(z.array(tailPoint)).describe('Tail curve of each run; empty for a simulation.'),
})

const precision = z
  .strictObject({
    target: number.describe('Requested half-width of intervals over their value, as a share of 1.'),
    reached: number.describe(
      'Half-width over value of the figure that is known worst, as a share of 1.',
    ),
    figure: z.string().describe('Figure that is known worst, such as "checkout: p99".'),
  })
  .nullable()
  .describe(
    'Precision of the figures, for which replications were added; null where none was ' +
      'requested, or no figure has an interval.',
  )

export const resultSchema = z
  .strictObject({
    ...headOf('spillway-result'),
    world: z
      .enum(['simulated', 'measured'])
      .describe('Whether the runs are replications of a simulation, or replays.'),
    scenario: scenarioRef.describe('Scenario of the runs.'),
    seed: number.describe('Seed of all random streams.'),
    runs: number.describe('Number of replications or replays.'),
    exact: z
      .literal(true)
      .optional()
      .describe(
        'True where nothing in the simulation is random: one replication was simulated and stands ' +
          'for all `runs`, so figures have no interval; absent elsewhere.',
      ),
    precision,
    profile: profileRef
      .nullable()
      .describe('Profile that the work of models is from; null where all work is declared.'),
    requests: z.string().describe('Hash of the requests of the first run.'),
    duration_s: number.describe('Duration of the traffic of a run, s.'),
    warmup_s: number.describe(
      'Warm-up at the start of a run, s; requests that are scheduled in it are not counted.',
    ),
    load: numberOrNull.describe(
      'Mean rate of the first run over the capacity; null where the capacity is undefined.',
    ),
    assumptions: assumptions.describe('What the result rests on.'),
    classes: z.array(classResult).describe('Figures of each class of the traffic.'),
    stability: stability.describe('Whether the system keeps up with its traffic.'),
    pools: z.array(poolResult).describe('Figures of each pool.'),
    objectives: z.array(objectiveResult).describe('Objectives of the scenario, class by class.'),
    headroom: headroom.describe(
      'How much traffic passes every objective; null where it was not searched.',
    ),
    worst_window: worstWindow,
    cost: cost
      .nullable()
      .describe('Cost of the replicas; null where a pool has no price_usd_per_hour.'),
    uncertainty: uncertainty
      .optional()
      .describe(
        'What is not known of the inputs, and wider intervals with it; absent where nothing is ' +
          'uncertain.',
      ),
    surges: z.array(surgeResult).describe('Effect of each surge of the traffic.'),
    budget: budgetResult
      .optional()
      .describe('What scaled pools had of their budget; absent where they share none.'),
    tuning: z
      .array(tuningResult)
      .optional()
      .describe('Changes of tuned settings in the first run; absent where none is tuned.'),
    memory: z
      .array(memorySpace)
      .describe('Memory of each device that pools share and of each pool with dedicated devices.'),
    tail: z
      .array(tailPoint)
      .describe('Tail curve of the latency of served requests over all classes and runs.'),
    tails: z
      .array(z.array(tailPoint))
      .describe('Tail curve of each run over all classes; empty for a simulation.'),
    token_tails: z
      .strictObject({
        ttft: tokenTail.describe('Tail curves of the time to first token.'),
        tpot: tokenTail.describe(
          'Tail curves of the time per output token, of requests with more than one token.',
        ),
      })
      .optional()
      .describe(
        'Tail curves of times of tokens, of served requests over all classes; absent where a run ' +
          'generated nothing.',
      ),
    series: series.describe(
      'Figures over time, from the start of the run to the end of its traffic.',
    ),
    warnings: z.array(z.string()).describe('Warnings about the runs, each as one text.'),
    valid: z
      .boolean()
      .describe('Whether all replays count; where one does not, a warning has the reason.'),
    garbage_collections: z
      .strictObject({
        count: number.describe('Number of garbage collections.'),
        ms: number.describe('Total time of garbage collections, ms.'),
      })
      .nullable()
      .describe(
        'Garbage collections in the threads of executors, over all replays; null in a simulation, and where executors stay open.',
      ),
    host: hostSchema
      .nullable()
      .describe(
        'Machine of the replays, which checks of identity leave out; null in a simulation.',
      ),
  })
  .describe('Result of the replications or the replays of one scenario.')

export type Result = z.infer<typeof resultSchema>
