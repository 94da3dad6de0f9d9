import * as z from 'zod'
import { hostSchema } from '../../documents/index.ts'
import { activationPlanSchema } from '../../memory/index.ts'
import type { Intervals } from './stalls.ts'

/**
 * A profile: calibrated timings of models on a machine, ms. With it, `simulate` predicts without
 * running anything.
 */

/** About eleven days. No duration in a profile is longer, so sums stay exact. */
const LONGEST_MS = 1e9
const FASTEST = 1e6

const ms = z.number().min(0).max(LONGEST_MS)
const whole = z.number().int().min(1).max(LONGEST_MS)
const count = z.number().int().min(0).max(LONGEST_MS)

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

/** A measured sample, and the time that it depends on; both described where they are used. */
const tableAt = (at: string, quantiles: string) =>
  z.strictObject({ atMs: ms.describe(at), table: table.describe(quantiles) })

const tablesAt = (at: string, quantiles: string) =>
  z
    .array(tableAt(at, quantiles).describe('Overheads under one condition.'))
    .min(1)
    .superRefine(expectRisingTables)

const intervals = z
  .strictObject({
    from: z
      .array(z.number().min(-LONGEST_MS).max(LONGEST_MS))
      .describe('Start of each stall, ms since the start of the recording.'),
    to: z
      .array(z.number().min(-LONGEST_MS).max(LONGEST_MS))
      .describe('End of each stall, ms since the start of the recording.'),
  })
  .superRefine(({ from, to }, context) => {
    expectLength(context, to, from.length, ['to'], 'from')
    const i = to.findIndex((end, j) => end < from[j]! || end > (from[j + 1] ?? end))
    if (i < 0) return
    const next = from[i + 1] === undefined ? '' : `, and at most from[${i + 1}], ${from[i + 1]}`
    const message = `expected at least from[${i}], ${from[i]}${next}, got ${to[i]}`
    context.addIssue({ code: 'custom', path: ['to', i], message })
  })

/** Least time in batches: a share of the time in stalls, and ms for each stall. */
const [LEAST_SHARE, LEAST_PER_STALL] = [1e-6, 1e-4]

/**
 * Least time in batches of an executor with such stalls, ms. A simulation meets a stall once in so
 * much work: with hardly any, it would meet stalls for ever.
 */
export function leastBusyMs({ from, to }: Intervals): number {
  const stalledMs = from.reduce((sum, start, i) => sum + (to[i] ?? start) - start, 0)
  return Math.max(LEAST_SHARE * stalledMs, LEAST_PER_STALL * from.length)
}

const executor = z
  .strictObject({
    times: z
      .array(ms)
      .min(1)
      .superRefine(expectOrder((value, before) => value >= before, 'at least'))
      .describe('Start of each batch, not falling, ms since the start of the recording.'),
    speeds: z
      .array(z.number().positive().max(FASTEST))
      .describe(
        'Speed from each of these times on, that of a batch and its neighbours, where 1 is the ' +
          'calibrated speed.',
      ),
    stalls: intervals.describe('Stalls within batches.'),
    lateStarts: intervals.describe('Stalls of the idle executor before batches began.'),
    busyMs: ms.describe('Time in batches without stalls, ms.'),
    idleStarts: z
      .number()
      .int()
      .min(0)
      .max(LONGEST_MS)
      .describe('Number of batches before which the executor was idle.'),
  })
  .superRefine(({ times, speeds, stalls, lateStarts, busyMs, idleStarts }, context) => {
    expectLength(context, speeds, times.length, ['speeds'], 'times')
    expectLeast(context, busyMs, leastBusyMs(stalls), ['busyMs'], 'for its stalls')
    const late = lateStarts.from.length
    expectLeast(context, idleStarts, late, ['idleStarts'], 'for its late starts')
  })
  .describe('Speed and stalls of one executor.')

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

function expectLeast(
  context: Context,
  got: number,
  least: number,
  path: readonly (string | number)[],
  why: string,
) {
  if (got >= least) return
  context.addIssue({
    code: 'custom',
    path: [...path],
    message: `expected at least ${least} ${why}, got ${got}`,
  })
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

const work = z
  .strictObject({
    sizes: rising(whole).describe('Batch sizes that were measured, rising.'),
    lengths: rising(whole).describe('Padded lengths that were measured, rising, tokens.'),
    ms: z
      .array(z.array(z.number().positive().max(LONGEST_MS)))
      .describe('Work of a batch at speed 1, by size and length, ms: smoothed medians.'),
    error: z
      .array(z.array(z.number()))
      .describe(
        'Error of each cell, by size and length, when it is predicted from the others, ' +
          'as a share of its time.',
      ),
  })
  .superRefine(({ sizes, lengths, ...tables }, context) => {
    for (const [name, rows] of Object.entries(tables)) {
      expectLength(context, rows, sizes.length, [name], 'sizes')
      for (const [i, row] of rows.entries()) {
        expectLength(context, row, lengths.length, [name, i], 'lengths')
      }
    }
  })

/** Tokens of a step, and of a context. */
const tokens = z.number().int().min(0).max(LONGEST_MS)

const heldOut = z
  .strictObject({
    by: z
      .enum(['decodes', 'context', 'prompt'])
      .describe(
        'What they have in common: sequences that decode, tokens of the longest context, or tokens ' +
          'of prompts.',
      ),
    from: tokens.describe('The least of it.'),
    to: tokens.describe('The most of it.'),
    median: z.number().min(0).describe('Median absolute error of their shapes, as a share.'),
    worst: z
      .number()
      .describe('Error of the shape that is furthest off: predicted / measured − 1.'),
  })
  .superRefine(({ from, to }, context) => expectLeast(context, to, from, ['to'], 'as from'))
  .describe('Steps that were held out together.')

const steps = z
  .strictObject({
    runs: z
      .enum(['together', 'apart'])
      .default('together')
      .describe(
        'Whether all sequences of a step are computed in one run, or each in a run of its own, as ' +
          'those of a decoder with `past_key_values`.',
      ),
    rows: rising(count).describe(
      'Tokens that a step computes, rising: those of sequences that decode and of prompts, where ' +
        'none of either counts as one; where sequences run apart, those of prompts.',
    ),
    ms: z.array(ms).describe('Time of a step by its tokens alone, at speed 1, ms.'),
    sequenceMs: ms
      .default(0)
      .describe(
        'Time for each sequence that decodes and each prompt, ms; 0 where they run together.',
      ),
    contextMs: ms.describe(
      'Time for each sequence that decodes and each token of the longest context, or of its own ' +
        'one where it runs apart, ms.',
    ),
    longestMs: ms.describe('Time for each token of the longest context, ms.'),
    pastMs: ms.describe('Time for each token that prompts have in the KV cache before, ms.'),
    pairMs: ms.describe(
      'Time for each token of prompts and each token of theirs in the step and in the KV cache, ms.',
    ),
    levels: z
      .array(
        z
          .strictObject({
            sequences: whole.describe('Most sequences that decoded together.'),
            context: whole.describe('Tokens of the longest context that they had.'),
          })
          .describe('One level of contexts.'),
      )
      .min(1)
      .describe('Sequences and contexts that were measured; beyond them times are extrapolated.'),
    heldOut: z
      .array(heldOut)
      .describe(
        'Errors of steps that are predicted by all others, without those that are near them in one ' +
          'way. The least and the most of each way are never held out.',
      ),
  })
  .superRefine(({ rows, ms: times, runs }, context) => {
    expectLength(context, times, rows.length, ['ms'], 'rows')
    const [least = 2] = rows
    if (runs === 'together') expectLeast(context, least, 2, ['rows', 0], 'of two parts')
  })

const wake = z
  .strictObject({
    gapMs: rising(ms).describe('Idle times of an executor before a batch, rising, ms.'),
    ms: z.array(ms).describe('Additional time of a batch after each of these idle times, ms.'),
  })
  .superRefine(({ gapMs, ms: costs }, context) =>
    expectLength(context, costs, gapMs.length, ['ms'], 'gapMs'),
  )

const overheads = z.strictObject({
  lag: table.describe('Evenly spaced quantiles of the send delay, ms, without stalls.'),
  timer: table.describe(
    'Evenly spaced quantiles of the time from when a timer is due until it fires, ms, ' +
      'without stalls.',
  ),
  completion: tablesAt(
    "Time until the dispatcher's next event, ms.",
    'Evenly spaced quantiles, ms, of the time from the end of a batch until the dispatcher ' +
      'sees it.',
  ).describe("Overheads of completion, by the time until the dispatcher's next event."),
  dispatch: tablesAt(
    'Time for which the executor was idle, ms.',
    'Evenly spaced quantiles, ms, of the time from the dispatch of a batch until it starts.',
  ).describe('Overheads of dispatch, by the idle time of the executor.'),
})

const recordedField = z
  .strictObject({
    load: z.number().min(0).describe('Rate over capacity at which it was recorded.'),
    durationMs: z.number().positive().max(LONGEST_MS).describe('Duration of the recording, ms.'),
    controlMs: z
      .number()
      .positive()
      .max(LONGEST_MS)
      .optional()
      .describe(
        'Median time of the control kernel just before the recording, ms; absent where it was ' +
          'not timed.',
      ),
    disturbed: z
      .boolean()
      .default(false)
      .describe('Whether other programs used the machine meanwhile, or the rate was too high.'),
    executors: z.array(executor).min(1).describe('Speed and stalls of each executor.'),
    dispatcher: intervals.describe(
      'Stalls of the dispatcher that late completions and timers show.',
    ),
    intake: intervals.describe('Stalls of the dispatcher that late new requests show.'),
  })
  .describe('One recorded speed field.')

/** A speed beyond it on either side of that of the profile is of another machine. */
export const MOST_FACTOR = 1000

const factor = z
  .number()
  .min(1 / MOST_FACTOR)
  .max(MOST_FACTOR)

const widths = z
  .strictObject({
    regions: z
      .array(
        z
          .strictObject({
            fromSize: whole.describe('Smallest batch size of the region.'),
            toSize: whole.describe('Largest batch size of the region.'),
            fromLength: whole.describe('Shortest padded length of the region, tokens.'),
            toLength: whole.describe('Longest padded length of the region, tokens.'),
            error: z
              .number()
              .min(0)
              .max(MOST_FACTOR)
              .nullable()
              .describe(
                'Median error of a cell of `work` when it is predicted from the others, as a share ' +
                  'of its time; null where every shape of the region was measured.',
              ),
          })
          .describe('One region of batch sizes and padded lengths.'),
      )
      .min(1)
      .max(4)
      .describe('Regions of shapes: each axis with enough values is cut in two.'),
    occasions: z
      .array(
        z
          .strictObject({
            calibration: z.string().describe('Time of the calibration that it is of, UTC.'),
            speeds: z
              .array(factor.describe('Speed of single batches in one region.'))
              .describe(
                'Speed of single batches in each region, where 1 is that of `work`: geometric mean ' +
                  'over its cells.',
              ),
            idle: z
              .number()
              .min(0)
              .max(MOST_FACTOR)
              .nullable()
              .describe(
                'Wake-up cost, where 1 is that of `wake`; null where there is none, or where too ' +
                  'few batches followed an idle time.',
              ),
          })
          .describe('One occasion: the model was opened, measured and closed.'),
      )
      .min(1)
      .max(1000)
      .describe(
        'Occasions of this calibration and of earlier ones of the same model on this machine.',
      ),
    levels: z
      .array(
        z
          .array(factor.describe('Level of one replay.'))
          .min(1)
          .max(1000)
          .describe('Levels of the replays of one occasion: of rehearsals, or of a folder.'),
      )
      .max(1000)
      .describe(
        'Levels of the speed in the replays that `fields` were learnt from, where 1 is that of ' +
          '`work`; empty where they are of the calibration.',
      ),
  })
  .superRefine(({ regions, occasions }, context) => {
    for (const [i, { speeds }] of occasions.entries()) {
      expectLength(context, speeds, regions.length, ['occasions', i, 'speeds'], 'regions')
    }
    for (const [i, { fromSize, toSize, fromLength, toLength }] of regions.entries()) {
      expectLeast(context, toSize, fromSize, ['regions', i, 'toSize'], 'as fromSize')
      expectLeast(context, toLength, fromLength, ['regions', i, 'toLength'], 'as fromLength')
    }
  })

const modelProfile = z
  .strictObject({
    key: z.string().describe('Hash of model, precision, execution provider and threads.'),
    label: z
      .string()
      .describe('Readable name of the model, such as "transformer-encoder 4x256 int8 on cpu".'),
    content: z
      .string()
      .describe('Hash of the ONNX file, or of what a built-in model is built from.'),
    occasion: z
      .string()
      .describe('Time at which its work was measured, UTC; models measured in turn share it.'),
    work: work.describe(
      'Work: the time of a batch at speed 1, by its size and padded length; of a model that ' +
        'generates, that of a step, by the sequences that decode and their context.',
    ),
    steps: steps
      .optional()
      .describe('Times of steps of a model that generates; absent where it does not.'),
    variation: z
      .array(
        tableAt(
          'Work of the batches, ms.',
          'Evenly spaced quantiles of the time of a batch over what the speed around it gives.',
        ).describe('Variation of batches of about the same work.'),
      )
      .default([])
      .superRefine(expectRisingTables)
      .describe('Variation: the time of a single batch over what the speed around it gives.'),
    wake: wake.describe('Wake-up cost of a batch, by the idle time of its executor.'),
    overheads: overheads.describe('Overheads around batches, requests and timers.'),
    fields: z
      .array(recordedField)
      .min(1)
      .describe('Recorded speed fields: the speed of the executors over time.'),
    memory: activationPlanSchema
      .nullable()
      .default(null)
      .describe(
        'Memory that the model requests; null where it was not calibrated or could not be derived.',
      ),
    widths: widths
      .optional()
      .describe(
        'What is not known of speed and wake-up cost: how they differed between occasions. Absent ' +
          'in profiles of earlier versions.',
      ),
  })
  .describe('Measured times of one model.')

export const profileSchema = z
  .strictObject({
    document: z.literal('spillway-profile').describe('Kind of this document.'),
    format: z.literal(2).describe('Version of the format of this kind of document.'),
    name: z.string().describe('Name of the profile: the processor and its number of cores.'),
    version: z.string().describe('Version of Spillway that wrote this document.'),
    host: hostSchema.describe('Machine that was measured.'),
    models: z
      .array(modelProfile)
      .superRefine((models, context) => {
        const keys = new Set<string>()
        const i = models.findIndex(({ key }) => keys.size === keys.add(key).size)
        if (i < 0) return
        const message = `expected each model once, got ${models[i]!.key} twice`
        context.addIssue({ code: 'custom', path: [i, 'key'], message })
      })
      .describe('Measured times of each model.'),
  })
  .describe('Profile: what calibration measured of a machine and its models.')

export type Profile = z.infer<typeof profileSchema>
export type ModelProfile = z.infer<typeof modelProfile>
export type RecordedField = ModelProfile['fields'][number]
export type ProfileWidths = NonNullable<ModelProfile['widths']>
