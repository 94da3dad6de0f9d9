import * as z from 'zod'
import { configurationRow } from './configuration-document.ts'
import { headOf, number, numberOrNull, profileRef, scenarioRef, verdict } from './document-parts.ts'
import { objectiveResult } from './system-figures.ts'

/** How the configurations of a sweep end. */
const SWEEP_STATUSES = ['done', 'invalid', 'out_of_memory'] as const

/** A part of a sweep: every `of`-th configuration, from the number `index` on. */
const shard = z
  .strictObject({
    index: z.int().min(1).describe('Number of the shard, from 1.'),
    of: z.int().min(1).describe('Number of all shards.'),
  })
  .refine(({ index, of }) => index <= of)
  .nullable()
  .describe('Shard of the sweep that this is; null for the whole sweep.')

const figure = z.strictObject({
  class: z.string().describe('Name of the class.'),
  text: z.string().describe('Latency in words, such as "p(95) latency_ms".'),
  objective: z
    .int()
    .min(0)
    .nullable()
    .describe(
      'Index of its objective in `objectives` of a row, from 0; null where it is the p99 latency ' +
        'of served requests.',
    ),
  limit_ms: numberOrNull.describe(
    'Limit of the latency, ms; null without one that all configurations share.',
  ),
})

/** Everything that decides the rows of a sweep. Sweeps with the same plan have the same rows. */
const plan = {
  scenario: scenarioRef
    .extend({ file: z.string().describe('Path or shipped name of the scenario, as typed.') })
    .describe('Scenario without the changes of the configurations.'),
  profile: profileRef
    .nullable()
    .describe('Profile that the work of models is from; null where all work is declared.'),
  seed: number.describe('Seed of all random streams.'),
  replications: z
    .int()
    .min(1)
    .describe('Number of replications of each configuration, or the least with a precision.'),
  precision: numberOrNull.describe(
    'Half-width of intervals over their value, as a share of 1, down to which replications ' +
      'are added; null where none are.',
  ),
  set: z.array(z.string()).describe('Overrides path=value of every configuration.'),
  paths: z.array(z.string()).describe('Paths of the values in which configurations differ.'),
  grid: z
    .array(z.array(z.string()).min(1))
    .nullable()
    .describe(
      'Values of each path, the last of which changes first; null for a list of configurations.',
    ),
  figure: figure.describe(
    'Latency that ranks and charts show: that of the first objective on a time, or else p99.',
  ),
}

export const sweepManifestSchema = z
  .strictObject({
    ...headOf('spillway-sweep-manifest'),
    ...plan,
    points: z
      .array(z.array(z.string()))
      .nullable()
      .describe('Values of each path, configuration by configuration; null for a grid.'),
    shard,
  })
  .describe('Plan of a sweep, which decides its rows.')

export const sweepRowSchema = z
  .strictObject({
    configuration: z.int().min(1).describe('Number of the configuration in the plan, from 1.'),
    values: z.array(z.string()).describe('Values of the configuration, in the order of `paths`.'),
    status: z
      .enum(SWEEP_STATUSES)
      .describe('Whether it was simulated, is invalid, or memory of the machine ran out.'),
    reason: z
      .string()
      .nullable()
      .describe('Reason why there are no figures; null where there are.'),
    scenario: z
      .string()
      .nullable()
      .describe('Hash of the scenario with all overrides; null where it was not simulated.'),
    figures: configurationRow
      .nullable()
      .describe('Figures of the configuration; null where it was not simulated.'),
    uncertain: z
      .literal(true)
      .optional()
      .describe(
        'True where some of its inputs are uncertain: its figures are of their stated values, and ' +
          'intervals of the draws only; absent elsewhere.',
      ),
  })
  .describe('One configuration of the sweep.')

const counts = z.strictObject({
  PASS: number.describe('Number of configurations that hold every objective.'),
  UNDECIDED: number.describe('Number of configurations with an undecided objective, none failed.'),
  FAIL: number.describe('Number of configurations that fail an objective.'),
  not_judged: number.describe('Number of configurations without objectives.'),
  invalid: number.describe('Number of configurations that are invalid.'),
  out_of_memory: number.describe('Number of configurations for which memory ran out.'),
})

/** A configuration that holds at the stated values of its inputs, with what is not known. */
export const triedConfiguration = z
  .strictObject({
    configuration: z.int().min(1).describe('Number of the configuration in the plan.'),
    verdict: verdict.describe(
      'Worst verdict of its objectives by the interval with uncertain inputs; UNDECIDED also where ' +
        'it could not be simulated with them.',
    ),
    p_holds: numberOrNull.describe(
      'Probability that it holds every objective, 0 to 1, over what inputs may be and the draws; ' +
        'null where that is not known.',
    ),
    objectives: z
      .array(objectiveResult)
      .describe('Its objectives by the interval with uncertain inputs.'),
    draws: number.describe('Number of draws of its inputs; 0 where it could not be simulated.'),
    settled: z
      .boolean()
      .describe(
        'Whether twice the draws moved no end of an interval of its objectives by more than a tenth ' +
          'of its width.',
      ),
    reason: z
      .string()
      .optional()
      .describe('Reason why it could not be simulated with uncertain inputs; absent where it was.'),
  })
  .describe('One configuration with uncertain inputs.')

const answer = z
  .strictObject({
    interval: z
      .literal('inputs')
      .describe('Interval that decides the answer: the one with uncertain inputs.'),
    configuration: numberOrNull.describe(
      'Number of the first configuration by rank that was found to hold every objective; null where ' +
        'none of those that were tried does.',
    ),
    tried: z
      .array(triedConfiguration)
      .describe('Configurations with uncertain inputs that were tried, in order of rank.'),
    untried: number.describe(
      'Number of the other configurations that hold at the stated values: a dearer one is not needed, ' +
        'and of the cheaper ones enough were tried.',
    ),
  })
  .describe('The best configuration with what is not known of the inputs.')

export const sweepSchema = z
  .strictObject({
    ...headOf('spillway-sweep'),
    ...plan,
    shard,
    configurations: number.describe('Number of configurations in this sweep, or in its shard.'),
    counts: counts.describe('Configurations by how they ended.'),
    best: numberOrNull.describe(
      'Number of the best configuration: by verdict, then by price, or by replicas without ' +
        'prices, then by latency. Null where none has figures. Of uncertain inputs it takes the ' +
        'stated values.',
    ),
    front: z
      .array(number)
      .nullable()
      .describe(
        'Numbers of the configurations that pass, or have no objectives, and that no other beats ' +
          'in both price and latency, the cheapest first; null without prices.',
      ),
    rows: z
      .array(sweepRowSchema)
      .describe('Rows in the order of the plan; of more than 1,000 only the front and the best.'),
    answer: answer
      .optional()
      .describe(
        'The best configuration with what is not known of the inputs. Absent where nothing is ' +
          'uncertain, where no configuration holds at the stated values, and of shards.',
      ),
    warnings: z
      .array(z.string())
      .optional()
      .describe('Warnings about the sweep, each as one text; absent where there are none.'),
  })
  .describe('Figures of the configurations of a sweep.')

export type SweepManifest = z.infer<typeof sweepManifestSchema>
export type SweepRow = z.infer<typeof sweepRowSchema>
export type Sweep = z.infer<typeof sweepSchema>
export type SweepAnswer = z.infer<typeof answer>
export type TriedConfiguration = z.infer<typeof triedConfiguration>
