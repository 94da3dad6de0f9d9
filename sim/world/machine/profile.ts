import { z } from 'zod'
import { hostSchema } from '../../documents/index.ts'
import { activationPlanSchema } from '../../memory/index.ts'

/**
 * A profile: calibrated timings of models on a machine, ms. With it, `simulate` predicts without
 * running anything.
 */

/** About eleven days. No duration in a profile is longer, so sums stay exact. */
const LONGEST_MS = 1e9
const FASTEST = 1e6

const ms = z.number().min(0).max(LONGEST_MS)
const whole = z.number().int().min(1).max(LONGEST_MS)

/** Values of which each is above the one before. */
const rising = (item: z.ZodNumber) =>
  z
    .array(item)
    .min(1)
    .superRefine(expectOrder((value, before) => value > before, 'above'))

const table = z
  .array(ms)
  .min(1)
  .superRefine(expectOrder((value, before) => value >= before, 'at least'))
  .describe('evenly spaced quantiles of a measured sample')

const tableAt = z.strictObject({ atMs: ms, table })

const tablesAt = z.array(tableAt).min(1).superRefine(expectRisingTables)

const intervals = z
  .strictObject({
    from: z.array(z.number().min(-LONGEST_MS).max(LONGEST_MS)),
    to: z.array(z.number().min(-LONGEST_MS).max(LONGEST_MS)),
  })
  .superRefine(({ from, to }, context) => {
    expectLength(context, to, from.length, ['to'], 'from')
    const i = to.findIndex((end, j) => end < from[j]! || end > (from[j + 1] ?? end))
    if (i < 0) return
    const next = from[i + 1] === undefined ? '' : `, and at most from[${i + 1}], ${from[i + 1]}`
    const message = `expected at least from[${i}], ${from[i]}${next}, got ${to[i]}`
    context.addIssue({ code: 'custom', path: ['to', i], message })
  })

const executor = z
  .strictObject({
    /** ms since the start of the recording, not falling */
    times: z
      .array(ms)
      .min(1)
      .superRefine(expectOrder((value, before) => value >= before, 'at least')),
    speeds: z.array(z.number().positive().max(FASTEST)),
    stalls: intervals.describe('within batches'),
    lateStarts: intervals.describe('of an idle executor, before batches began'),
    busyMs: ms.describe('time in batches without stalls'),
    idleStarts: z
      .number()
      .int()
      .min(0)
      .max(LONGEST_MS)
      .describe('number of batches before which it was idle'),
  })
  .superRefine(({ times, speeds }, context) =>
    expectLength(context, speeds, times.length, ['speeds'], 'times'),
  )

type Context = z.core.$RefinementCtx

/** Reports the first value that is in the wrong order. */
function expectOrder(
  holds: (value: number, before: number) => boolean,
  words: string,
  ...key: string[]
) {
  return (values: readonly number[], context: Context) => {
    const i = values.findIndex((value, j) => j > 0 && !holds(value, values[j - 1]!))
    if (i < 0) return
    const message = `expected a value ${words} the one before, ${values[i - 1]}, got ${values[i]}`
    context.addIssue({ code: 'custom', path: [i, ...key], message })
  }
}

function expectRisingTables(tables: readonly { readonly atMs: number }[], context: Context) {
  const order = expectOrder((value, before) => value > before, 'above', 'atMs')
  order(
    tables.map(({ atMs }) => atMs),
    context,
  )
}

function expectLength(
  context: Context,
  values: readonly unknown[],
  length: number,
  path: readonly (string | number)[],
  like: string,
) {
  if (values.length === length) return
  const message = `expected ${length} entries, as many as ${like}, got ${values.length}`
  context.addIssue({ code: 'custom', path: [...path], message })
}

const modelProfile = z.strictObject({
  key: z.string().describe('hash of model, precision, execution provider and threads'),
  label: z.string(),
  content: z.string().describe('hash of the ONNX file, or of what a built-in model is built from'),
  occasion: z
    .string()
    .describe('when its work was measured, UTC; models measured in turn have one'),
  work: z
    .strictObject({
      sizes: rising(whole),
      lengths: rising(whole),
      ms: z.array(z.array(z.number().positive().max(LONGEST_MS))).describe('by size and length'),
      error: z.array(z.array(z.number())).describe('relative, each cell predicted from the others'),
    })
    .superRefine(({ sizes, lengths, ...tables }, context) => {
      for (const [name, rows] of Object.entries(tables)) {
        expectLength(context, rows, sizes.length, [name], 'sizes')
        for (const [i, row] of rows.entries()) {
          expectLength(context, row, lengths.length, [name, i], 'lengths')
        }
      }
    }),
  variation: z
    .array(tableAt)
    .default([])
    .superRefine(expectRisingTables)
    .describe('time of a batch over what the speed around it gives, by work'),
  wake: z
    .strictObject({ gapMs: rising(ms), ms: z.array(ms) })
    .superRefine(({ gapMs, ms: costs }, context) =>
      expectLength(context, costs, gapMs.length, ['ms'], 'gapMs'),
    ),
  overheads: z.strictObject({
    lag: table,
    timer: table,
    completion: tablesAt.describe("by the time until the dispatcher's next event"),
    dispatch: tablesAt.describe('by the idle time of the executor'),
  }),
  fields: z
    .array(
      z.strictObject({
        load: z.number().min(0).describe('load at which it was recorded'),
        durationMs: z.number().positive().max(LONGEST_MS),
        controlMs: z
          .number()
          .positive()
          .max(LONGEST_MS)
          .optional()
          .describe('time of the control kernel just before; absent where it was not timed'),
        disturbed: z
          .boolean()
          .default(false)
          .describe('other programs used the machine meanwhile, or the rate was too high'),
        executors: z.array(executor).min(1),
        dispatcher: intervals.describe('when late completions and timers show a stall'),
        intake: intervals.describe('when late new requests show a stall'),
      }),
    )
    .min(1)
    .describe('recorded speed fields'),
  memory: activationPlanSchema
    .nullable()
    .default(null)
    .describe('memory of its batches; null where it was not calibrated or could not be derived'),
})

export const profileSchema = z.strictObject({
  document: z.literal('spillway-profile'),
  format: z.literal(2),
  name: z.string(),
  version: z.string(),
  host: hostSchema,
  models: z.array(modelProfile).superRefine((models, context) => {
    const seen = new Set<string>()
    const i = models.findIndex(({ key }) => seen.size === seen.add(key).size)
    if (i < 0) return
    const message = `expected each model once, got ${models[i]!.key} twice`
    context.addIssue({ code: 'custom', path: [i, 'key'], message })
  }),
})

export type Profile = z.infer<typeof profileSchema>
export type ModelProfile = z.infer<typeof modelProfile>
export type RecordedField = ModelProfile['fields'][number]
