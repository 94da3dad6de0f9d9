import * as z from 'zod'
import { lazy, name, once, positive } from './schema-values.ts'

/**
 * The format of accelerator files, version 1: what a datasheet, a price list or a measurement
 * states of one card, each figure with its source. Units are last in every key.
 */

/** How sure a figure is, from the surest on, as the end of a sentence. */
export const confidences = Object.freeze({
  checked: 'compared with its source',
  secondary: 'from a text that quotes the original, or that leaves open which card it means',
  unverified: 'stated from memory, not compared with its source',
  uncalibrated: 'assumed, without a measured source',
})

type Confidence = keyof typeof confidences

const source = z
  .string()
  .min(1)
  .max(500)
  .describe('Where the figure was read: a file and its commit, a page, a datasheet or a log.')
  .meta({ examples: ['NVIDIA T4 datasheet'] })

const ofFigure = once(() => ({
  value: positive
    .describe('The number, in the unit at the end of the key of the figure.')
    .meta({ examples: [320] }),
  source,
  confidence: z
    .enum(Object.keys(confidences) as Confidence[])
    .describe(
      'How sure the figure is: `checked` was compared with its source, `secondary` is from a text ' +
        'that quotes the original or leaves open which card it means, `unverified` is stated from ' +
        'memory, and `uncalibrated` is assumed without a measured source.',
    ),
}))

const figure = lazy(() => z.strictObject(ofFigure()))

const PRECISIONS = {
  fp32: 'fp32, without tensor cores',
  tf32: 'tf32',
  fp16: 'fp16 and bf16, at which int4 weights compute, too',
  fp8: 'fp8',
  int8: 'int8, in TOP/s',
} as const

/** A precision at which an accelerator computes. */
export type AcceleratorPrecision = keyof typeof PRECISIONS

export const acceleratorPrecisions = Object.keys(PRECISIONS) as readonly AcceleratorPrecision[]

const ofPrecision = (precision: AcceleratorPrecision) =>
  figure
    .optional()
    .describe(
      `The highest dense throughput at ${PRECISIONS[precision]}; absent where the card has none.`,
    )

const tflops = lazy(() =>
  z
    .strictObject({
      fp32: ofPrecision('fp32'),
      tf32: ofPrecision('tf32'),
      fp16: ofPrecision('fp16'),
      fp8: ofPrecision('fp8'),
      int8: ofPrecision('int8'),
    })
    .refine((speeds) => Object.keys(speeds).length > 0, {
      message: `at least one of ${acceleratorPrecisions.join(', ')}`,
    }),
)

/** How accelerators are rented. */
export const pricing = z.enum(['on-demand', 'reserved', 'spot'])

const price = lazy(() =>
  z
    .strictObject({
      usd_per_hour: positive
        .describe('The price of one card in US dollars an hour, with its host.')
        .meta({ examples: [0.8] }),
      tier: pricing.describe(
        'How the card is rented: `on-demand`, `reserved` for months, or `spot`.',
      ),
      provider: z
        .string()
        .min(1)
        .max(100)
        .describe('The name of the cloud provider.')
        .meta({ examples: ['AWS'] }),
      sku: z
        .string()
        .min(1)
        .max(100)
        .describe('The name of the offer; `/8` stands for an eighth of the price of eight cards.')
        .meta({ examples: ['p5.48xlarge/8'] }),
      region: z
        .string()
        .min(1)
        .max(100)
        .optional()
        .describe('The region of the price; absent where the source names none.')
        .meta({ examples: ['us-east-1'] }),
      date: z
        .string()
        .regex(
          /^\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$/,
          'a year, month or day such as "2026", "2026-11" or "2026-11-09"',
        )
        .optional()
        .describe(
          'The day, month or year in which the price was read; absent where the source has no date.',
        )
        .meta({ examples: ['2026-11-09'] }),
      source,
    })
    .describe('A price that a provider lists.'),
)

/** The figures that must be in order: a limit, and one that is at most as high. */
const ORDERED = [
  ['power_w', 'idle_w'],
  ['shutdown_c', 'throttle_c'],
  ['throttle_c', 'max_operating_c'],
  ['shutdown_c', 'max_operating_c'],
] as const

export const acceleratorSchema = lazy(() =>
  z
    .strictObject({
      $schema: z
        .string()
        .optional()
        .describe('The place of this JSON Schema, for editors; Spillway ignores it.'),
      accelerator: z.literal(1).describe('The version of the format of this file, which is 1.'),
      name: name.describe('The name of the accelerator in tables and documents.'),
      title: z
        .string()
        .min(1)
        .max(200)
        .describe('The name of the product, for people.')
        .meta({ examples: ['NVIDIA L4'] }),
      vendor: z
        .string()
        .min(1)
        .max(100)
        .describe('The maker of the accelerator.')
        .meta({ examples: ['NVIDIA'] }),
      memory_gib: figure.describe(
        'The memory as the maker states it; a driver reports a few per cent less.',
      ),
      bandwidth_gb_s: figure.describe('The highest bandwidth of the memory, in 10^9 bytes/s.'),
      tflops: tflops.describe(
        'The highest dense throughput by precision, in 10^12 operations/s, of which a multiplication ' +
          'with its addition is two.',
      ),
      power_w: figure.describe('The power limit of the whole board.'),
      idle_w: figure.optional().describe('The power of the board without work.'),
      interconnect_gb_s: z
        .strictObject({
          ...ofFigure(),
          kind: z
            .string()
            .min(1)
            .max(100)
            .describe('The kind of the links, such as `NVLink 4` or `PCIe 5.0 x16`.')
            .meta({ examples: ['NVLink 4'] }),
        })
        .optional()
        .describe(
          'The bandwidth between cards in each direction, in 10^9 bytes/s, over all links of a card; ' +
            'absent where cards do not exchange data.',
        ),
      max_operating_c: figure
        .optional()
        .describe('The temperature from which the driver lowers the clock, in °C.'),
      throttle_c: figure
        .optional()
        .describe('The temperature at which the card itself slows down sharply, in °C.'),
      shutdown_c: figure.optional().describe('The temperature at which the card turns off, in °C.'),
      prices: z
        .array(price)
        .max(1000)
        .default([])
        .describe('Prices of one card that providers list, in any order.'),
    })
    .superRefine((accelerator, context) => {
      for (const [upper, lower] of ORDERED) {
        const [most, value] = [accelerator[upper]?.value, accelerator[lower]?.value]
        if (most === undefined || value === undefined || value <= most) continue
        const message = `at most ${upper}, which is ${most}`
        context.addIssue({ code: 'custom', path: [lower, 'value'], message })
      }
    }),
)

/** An accelerator: what is known of one card. */
export type Accelerator = Omit<z.infer<typeof acceleratorSchema>, '$schema'>
/** A figure with its source and how sure it is. */
export type AcceleratorFigure = z.infer<typeof figure>
export type AcceleratorPrice = Accelerator['prices'][number]
