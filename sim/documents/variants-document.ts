import * as z from 'zod'
import { check } from './check.ts'
import { configurationRow } from './configuration-document.ts'
import {
  command,
  estimate,
  estimateOrNull,
  headOf,
  number,
  numberOrNull,
  profileRef,
  scenarioRef,
} from './document-parts.ts'
import { memorySpace } from './memory-document.ts'
import { tailPoint } from './request-figures.ts'
import { stability } from './system-figures.ts'
import { type Uncertainty, uncertainty } from './uncertainty-document.ts'

/** Named variants of a scenario side by side, simulated, and measured where they were replayed. */

/** What variants are compared by: latencies of served requests over all classes, ms, and shares. */
export const VARIANT_METRICS = ['p50', 'p95', 'p99', 'goodput', 'utilisation'] as const

const metric = z.enum(VARIANT_METRICS)

/** Figures of all classes together. */
const figures = z.strictObject({
  p50: estimate.describe('Median latency of served requests, ms: the geometric mean over runs.'),
  p95: estimate.describe(
    'The 95th percentile of the latency of served requests, ms: the geometric mean over runs.',
  ),
  p99: estimate.describe(
    'The 99th percentile of the latency of served requests, ms: the geometric mean over runs.',
  ),
  goodput: estimate.describe(
    'Share of all arrivals that were served within every latency limit of their class, 0 to 1; ' +
      'mean over runs.',
  ),
  utilisation: estimate.describe(
    'Share of the time in which the busiest pool runs batches, 0 to 1; mean over runs.',
  ),
  capacity_utilisation: estimate
    .optional()
    .describe(
      'Largest capacity utilisation of a pool of engines; mean over runs. Absent where nothing is ' +
        'generated and where the capacity is not known.',
    ),
})

const ratioWithInputs = z
  .strictObject({
    low: numberOrNull.describe('Lower end of its 95 % interval; null where it is infinite.'),
    high: numberOrNull.describe('Upper end of its 95 % interval; null where it is infinite.'),
    p_lower: number.describe(
      'Probability that the figure of the variant is lower than that of the first one, 0 to 1.',
    ),
  })
  .describe('Ratio with what is not known of the inputs.')

const ratio = z
  .strictObject({
    variant: z.string().describe('Name of the variant.'),
    metric: metric.describe('Metric, by its key in `figures`.'),
    value: numberOrNull.describe(
      'Figure of the variant over that of the first variant; null for the reason stated.',
    ),
    low: numberOrNull.describe(
      'Lower end of its interval, at the level of its test by Holm; null without a ratio.',
    ),
    high: numberOrNull.describe(
      'Upper end of its interval, at the level of its test by Holm; null without a ratio.',
    ),
    difference: z
      .enum(['higher', 'lower', 'none found'])
      .nullable()
      .describe(
        'Difference by a test of all ratios together at 5 %; null without a ratio. Where inputs are ' +
          'uncertain it is one by the interval with them, too.',
      ),
    with_inputs: ratioWithInputs
      .optional()
      .describe(
        'The same with uncertain inputs, of which each draw has the same in all variants; absent ' +
          'where nothing is uncertain, without a ratio, and for replays.',
      ),
    reason: z
      .string()
      .optional()
      .describe('Reason why there is no ratio; absent where there is one.'),
  })
  .describe('Ratio of one metric of one variant to the first variant.')

const outputDrift = z
  .strictObject({
    variant: z.string().describe('Name of the variant.'),
    pool: z.string().describe('Name of the pool in both variants.'),
    inputs: number.describe('Number of inputs, which are the same for both models.'),
    cosine_mean: numberOrNull.describe(
      'Cosine similarity of the first outputs of both models, -1 to 1; mean over inputs, ' +
        'and null for the reason stated.',
    ),
    cosine_least: numberOrNull.describe(
      'Smallest cosine similarity over inputs, -1 to 1; null for the reason stated.',
    ),
    top1: numberOrNull.describe(
      'Share of rows of the last axis whose largest element is the same one in both outputs, ' +
        '0 to 1; null for the reason stated.',
    ),
    reason: z
      .string()
      .nullable()
      .describe('Reason why outputs are not compared; null where they are.'),
  })
  .describe('Output drift of the model of one pool, against the first variant.')

const measuredVariant = z
  .strictObject({
    name: z.string().describe('Name of the variant.'),
    requests: z.string().describe('Hash of the requests of the variant.'),
    figures: figures.describe('Figures of all classes together, over replays.'),
    stability: stability.describe('Whether the system keeps up with its traffic in the replays.'),
    tail: z
      .array(tailPoint)
      .describe('Tail curve of the latency of served requests over all classes and replays.'),
  })
  .describe('Replays of one variant.')

const measured = z.strictObject({
  replays: number.describe('Number of replays of each variant.'),
  slice_ms: numberOrNull.describe('Length of a slice, ms; null where whole replays alternated.'),
  blocks: number.describe('Number of blocks of the variant with the fewest.'),
  not_counted: z
    .array(
      z
        .strictObject({
          replay: number.describe('Number of the replay, from 0.'),
          variant: z.string().describe('Name of the variant.'),
          reason: z.string().describe('Reason why it does not count.'),
        })
        .describe('One replay of a variant and the first one that does not count.'),
    )
    .describe('Replays that are no evidence; they are in no ratio unless none counts.'),
  variants: z.array(measuredVariant).describe('Replays of each variant.'),
  ratios: z
    .array(ratio)
    .describe('Ratios of latencies over all blocks, with intervals from a bootstrap over blocks.'),
  output_drift: z
    .array(outputDrift)
    .describe('Output drift of each pool of each variant but the first.'),
  audit: check.describe('Check of the rules of the scenario in all replays.'),
  warnings: z.array(z.string()).describe('Warnings about the replays, each as one text.'),
})

const resources = z
  .strictObject({
    weights_mib: numberOrNull.describe(
      'Memory of the weights of one replica of each pool, summed, MiB: as a calibration observed ' +
        'them, by the dimensions of declared work, or else all tensors that the file of the model ' +
        'stores. Null where the weights of a model are not known.',
    ),
    joule_per_request: estimateOrNull.describe(
      'Energy of the accelerators of all pools over the served requests, J; mean over runs. Null ' +
        'where the power of a pool is not known.',
    ),
    usd_per_million_at_capacity: numberOrNull.describe(
      'Price of a million requests if all replicas that the pools may have were busy with full ' +
        'batches, USD: those of a scaled pool are its `max` and its warm pool. Null where a pool ' +
        'has no price or the capacity is undefined.',
    ),
  })
  .describe('Memory, energy and price that the variant needs.')

const variantWithInputs = z
  .strictObject({
    p_holds: numberOrNull.describe(
      'Probability that the variant holds every objective and is not overloaded, 0 to 1; null ' +
        'without objectives, and where one has no figure.',
    ),
    p_cheapest: numberOrNull.describe(
      'Probability that it does, and that no cheaper variant does, 0 to 1; null where one of these ' +
        'is not known.',
    ),
  })
  .describe('How surely a variant is the one to take, over what inputs may be and the draws.')

const simulatedVariant = z
  .strictObject({
    name: z.string().describe('Name of the variant.'),
    set: z.array(z.string()).describe('Overrides path=value of the variant.'),
    changes: z
      .array(z.string())
      .describe(
        'Differences from the first variant that one of the two states, each as "path: before → ' +
          'after". Defaults of a policy that is changed are not among them, its name is.',
      ),
    row: configurationRow.describe('Figures of the variant by class and pool.'),
    figures: figures.describe('Figures of all classes together, over replications.'),
    resources,
    memory: z
      .array(
        memorySpace
          .pick({ name: true, out_of_memory: true, remedies: true })
          .describe('One device or pool, and what it lacked in all replications.'),
      )
      .optional()
      .describe(
        'Devices, and pools with dedicated devices, that ran out of memory; absent where none did.',
      ),
    doubtful_times: z
      .array(z.string())
      .optional()
      .describe(
        'Why the batch times of the profile, and so the capacity, are not to be relied on; absent ' +
          'where they fit together.',
      ),
    tail: z
      .array(tailPoint)
      .describe('Tail curve of the latency of served requests over all classes and replications.'),
    uncertainty: uncertainty
      .optional()
      .describe(
        'What is not known of its inputs, and its figures with both of their intervals: those over ' +
          'all classes together have no class. Absent where all its inputs are known.',
      ),
    with_inputs: variantWithInputs
      .optional()
      .describe('How surely it is the one to take; absent where no variant has uncertain inputs.'),
  })
  .describe('Simulation of one variant.')

export const variantsSchema = z
  .strictObject({
    ...headOf('spillway-variants'),
    scenario: scenarioRef.describe('Scenario as it stands, without any variant.'),
    seed: number.describe('Seed of all random streams.'),
    profile: profileRef
      .nullable()
      .describe('Profile that the work of models is from; null where all work is declared.'),
    duration_s: number.describe('Duration of the traffic of a run, s.'),
    warmup_s: number.describe(
      'Warm-up at the start of a run, s; requests that are scheduled in it are not counted.',
    ),
    replications: number.describe('Number of replications of each variant.'),
    rate: z
      .string()
      .nullable()
      .describe('Variant whose capacity the loads are shares of; null without loads.'),
    variants: z.array(simulatedVariant).describe('Simulation of each variant.'),
    interval: z
      .literal('inputs')
      .optional()
      .describe(
        'Interval that verdicts and differences are by: the one with uncertain inputs. Absent where ' +
          'nothing is uncertain, and the draws decide.',
      ),
    ratios: z
      .array(ratio)
      .describe('Ratios paired over replications, which share their random numbers.'),
    measured: measured.nullable().describe('Replays of the variants; null where there are none.'),
    warnings: z.array(z.string()).describe('Warnings about the simulations, each as one text.'),
    command,
  })
  .describe('Variants of a scenario side by side, over the same requests.')

export type VariantMetric = z.infer<typeof metric>

/** What these metrics are among the figures with uncertain inputs, where they have no class. */
export const VARIANT_FIGURES: Readonly<
  Record<VariantMetric, Pick<Uncertainty['figures'][number], 'metric' | 'p'>>
> = {
  p50: { metric: 'latency', p: 0.5 },
  p95: { metric: 'latency', p: 0.95 },
  p99: { metric: 'latency', p: 0.99 },
  goodput: { metric: 'goodput_share', p: null },
  utilisation: { metric: 'utilisation', p: null },
}

export type VariantFigures = z.infer<typeof figures>
export type VariantResources = z.infer<typeof resources>
export type VariantRatio = z.infer<typeof ratio>
export type OutputDrift = z.infer<typeof outputDrift>
export type MeasuredVariants = z.infer<typeof measured>
export type Variants = z.infer<typeof variantsSchema>
