import { z } from 'zod'
import { activationPlanSchema } from '../memory/index.ts'
import { hostSchema } from '../stats/index.ts'

/**
 * A profile: what calibration found out about models on a machine. It lets `simulate` predict
 * without running anything. Times in ms.
 */

const table = z.array(z.number()).min(1).describe('evenly spaced quantiles of a measured sample')

const tablesAt = z.array(z.strictObject({ atMs: z.number(), table })).min(1)

const steps = z.strictObject({
  /** ms since the start of the recording, rising */
  times: z.array(z.number()),
  speeds: z.array(z.number()),
})

const intervals = z.strictObject({ from: z.array(z.number()), to: z.array(z.number()) })

const modelProfile = z.strictObject({
  key: z.string().describe('hash of model, precision, execution provider and threads'),
  label: z.string(),
  content: z.string().describe('hash of the ONNX file, or of what a built-in model is built from'),
  work: z.strictObject({
    sizes: z.array(z.number()),
    lengths: z.array(z.number()),
    ms: z.array(z.array(z.number())),
    error: z.array(z.array(z.number())).describe('relative, each cell predicted from the others'),
  }),
  wake: z.strictObject({ gapMs: z.array(z.number()), ms: z.array(z.number()) }),
  overheads: z.strictObject({
    lag: table,
    timer: table,
    completion: tablesAt.describe('by how soon the dispatcher has something else to do'),
    dispatch: tablesAt.describe('by how long the executor was idle'),
  }),
  fields: z
    .array(
      z.strictObject({
        load: z.number().describe('load at which it was recorded'),
        durationMs: z.number(),
        executors: z.array(steps),
        dispatcher: intervals.describe('when late completions and timers show a standstill'),
        intake: intervals.describe('when anything late shows one'),
      }),
    )
    .min(1)
    .describe('recorded speed fields'),
  memory: activationPlanSchema
    .nullable()
    .default(null)
    .describe('what its batches take; null where no pool asked for it, or no plan was found'),
})

export const profileSchema = z.strictObject({
  document: z.literal('spillway-profile'),
  format: z.literal(1),
  name: z.string(),
  version: z.string(),
  host: hostSchema,
  models: z.array(modelProfile),
})

export type Profile = z.infer<typeof profileSchema>
export type ModelProfile = z.infer<typeof modelProfile>
export type RecordedField = ModelProfile['fields'][number]
