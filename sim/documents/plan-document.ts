import { z } from 'zod'
import { configurationRow } from './configuration-document.ts'
import { estimate, headOf, number, numberOrNull, scenarioRef } from './document-parts.ts'
import { objectiveResult, resultSchema, verdict } from './documents.ts'

/** Whether a configuration holds every objective, at the confidence of the plan. */
export const planVerdict = z.enum(['MEETS', 'FAILS', 'UNDECIDED'])

const namedObjective = z.strictObject({ class: z.string(), text: z.string() })

/** One configuration that a plan has simulated. */
const planRow = z.strictObject({
  set: z
    .array(z.string())
    .describe('its overrides path=value; empty for the scenario as it stands'),
  today: z.boolean().describe('whether it is the scenario as it stands'),
  rank: numberOrNull.describe('by cost, among those that meet; null for all others'),
  verdict: planVerdict,
  p_meets: number.describe('least confidence of an objective that it holds, 0 to 1'),
  objectives: z.array(
    namedObjective.extend({
      p_holds: numberOrNull.describe('confidence that it holds; null with a reason'),
      reason: z.string().nullable(),
      of_limit: numberOrNull.describe(
        'figure over limit; of a goodput the share missed over the share that may be; null where infinite',
      ),
    }),
  ),
  binding: namedObjective.describe('the objective with the least confidence'),
  bottleneck: z
    .strictObject({
      part: z.enum(['lag', 'queue', 'batch_wait', 'overhead', 'service']),
      share: number.describe('of the mean latency'),
    })
    .nullable()
    .describe('the longest part of the mean latency, of the class of the binding objective'),
  busiest_pool: z.strictObject({ name: z.string(), utilisation: numberOrNull }),
  memory_of_limit: numberOrNull.describe('peak memory of the fullest space; null without a limit'),
  cost: number.describe('US dollars an hour, or replicas: see cost_unit'),
  cost_vs_today: numberOrNull.describe('relative to the scenario as it stands'),
  extrapolated: z.array(z.string()).describe('pools with batches beyond those that were measured'),
  figures: configurationRow,
})

const skipped = z.strictObject({
  reason: z.enum(['dearer', 'fewer-replicas', 'same', 'invalid']),
  configurations: number,
  example: z.array(z.string()).describe('overrides of one of them'),
  problem: z.string().nullable().describe('of invalid ones, that of the example'),
})

export const planSchema = z.strictObject({
  ...headOf('spillway-plan'),
  scenario: scenarioRef,
  seed: number,
  profile: z.strictObject({ name: z.string(), hash: z.string() }).nullable(),
  confidence: number.describe('of a verdict, over all looks at a configuration'),
  looks: z.array(number).describe('replications at which a configuration is judged'),
  dimensions: z.array(z.strictObject({ path: z.string(), values: z.array(z.string()) })),
  default_space: z.boolean().describe('whether the dimensions were chosen by the planner'),
  cost_unit: z.enum(['usd_per_hour', 'replicas']),
  rate_rps: number.describe('mean rate of the traffic; the same for all configurations'),
  configurations: number.describe('in the search space'),
  simulations: number.describe('replications simulated by the search'),
  rows: z.array(planRow).describe('those that meet by rank, then the others by cost'),
  winner: numberOrNull.describe('index of its row; null where no configuration meets'),
  next_cheaper: numberOrNull.describe('index of the dearest row that is cheaper than the winner'),
  skipped: z.array(skipped).describe('configurations that were not simulated'),
  monotone: z.strictObject({
    compared: number.describe('pairs of configurations that differ in replicas only'),
    against: z.array(
      namedObjective.extend({
        fewer: z.array(z.string()),
        more: z.array(z.string()),
        change: numberOrNull.describe(
          'relative change of the figure with more replicas; null where infinite',
        ),
      }),
    ),
  }),
  headroom: resultSchema.shape.headroom.describe('of the winner'),
  max_rate_rps: numberOrNull.describe('highest mean rate that the winner sustains'),
  sensitivity: z
    .array(
      z.strictObject({
        what: z.enum(['rate', 'lengths', 'speed']),
        change: number.describe('relative'),
        less: estimate,
        more: estimate,
      }),
    )
    .describe('figure of the binding objective of the winner after changes either way'),
  verified: z
    .strictObject({
      replays: number,
      valid: z.boolean(),
      verdict,
      objectives: z.array(objectiveResult),
      warnings: z.array(z.string()),
    })
    .nullable()
    .describe('the winner replayed live; null where that was not asked for'),
  notes: z.array(z.string()),
  command: z.string(),
})

export type PlanVerdict = z.infer<typeof planVerdict>
export type PlanRow = z.infer<typeof planRow>
export type Plan = z.infer<typeof planSchema>
