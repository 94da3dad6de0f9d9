import * as z from 'zod'

const bytes = z
  .strictObject({
    fixed: z.number().describe('Bytes for any batch.'),
    perLength: z.number().describe('Bytes per unit of the length.'),
    perItem: z.number().describe('Bytes per request of the batch.'),
    perToken: z.number().describe('Bytes per request and unit of the length.'),
    perTokenSquared: z.number().describe('Bytes per request and square of the length.'),
  })
  .readonly()

/**
 * Bytes of a buffer, by batch size b and length l: `fixed + perLength l + b (perItem + perToken l +
 * perTokenSquared l^2)`. Plain data, as is the whole plan.
 */
export type Bytes = z.infer<typeof bytes>

const step = z.union([
  z
    .strictObject({
      take: bytes.describe('Size of the buffer, by the requests of the batch and their length.'),
      kind: z
        .enum(['activation', 'input', 'output'])
        .describe('Use of the buffer; inputs and outputs stay until the batch has ended.'),
    })
    .readonly()
    .describe('Allocation of one buffer.'),
  z
    .strictObject({
      free: z
        .number()
        .int()
        .min(0)
        .describe('Number of the buffer, from 0 in the order of allocation.'),
    })
    .readonly()
    .describe('Release of one buffer.'),
])

/** One allocation or release of a batch. Buffers are numbered from 0 in the order of allocation. */
export type ActivationStep = z.infer<typeof step>

export const activationPlanSchema = z
  .strictObject({
    weights: z
      .array(z.number().min(0))
      .readonly()
      .describe('Size of each reservation for weights, in order, bytes.'),
    apartBytes: z
      .number()
      .min(0)
      .optional()
      // ONNX Runtime reserves in the arena only weights that its kernels repack
      .describe(
        'Weights outside the arena, such as an embedding table, bytes; 0 where it is absent.',
      ),
    steps: z
      .array(step)
      .readonly()
      .superRefine((steps, context) => {
        const i = firstWrongFree(steps)
        if (i < 0) return
        const message = 'expected the number of a buffer that was taken and not freed yet'
        context.addIssue({ code: 'custom', path: [i, 'free'], message })
      })
      .describe(
        'Allocations and releases of a batch, in order; other inputs and outputs stay until ' +
          'it has ended.',
      ),
    inputs: z
      .array(z.array(z.union([z.literal(['batch', 'length']), z.number().int().min(1)])).readonly())
      .readonly()
      .describe('Dimensions of each input, which make the key of the memory pattern.'),
    loadMs: z
      .array(z.number().min(0))
      .min(1)
      .readonly()
      .optional()
      .describe(
        'Evenly spaced quantiles of measured load times, ms; absent where none were measured.',
      ),
  })
  .readonly()

/** What a model requests from an allocator: weights once, and the steps for every batch. */
export type ActivationPlan = z.infer<typeof activationPlanSchema>

/** The index of the first step that frees a buffer not in use; -1 for none. */
function firstWrongFree(steps: readonly ActivationStep[]): number {
  const held: boolean[] = []
  return steps.findIndex((item) => {
    if ('take' in item) held.push(true)
    else if (held[item.free] !== true) return true
    else held[item.free] = false
    return false
  })
}

/** Bytes of all weights. */
export function weightsBytesOf({ weights, apartBytes = 0 }: ActivationPlan): number {
  return weights.reduce((sum, bytes) => sum + bytes, apartBytes)
}

/** Bytes of a buffer for a batch of b requests of length l, rounded up. */
export function bytesOf(
  { fixed, perLength, perItem, perToken, perTokenSquared }: Bytes,
  b: number,
  l: number,
): number {
  return Math.ceil(fixed + perLength * l + b * (perItem + perToken * l + perTokenSquared * l * l))
}

/**
 * The buffers in use at the same time: each time before the first of several releases, and at the
 * end.
 */
export function heldTogether({ steps }: ActivationPlan): Bytes[][] {
  const live: (Bytes | null)[] = []
  const together: Bytes[][] = []
  for (const [i, step] of steps.entries()) {
    if ('free' in step) {
      live[step.free] = null
      continue
    }
    live.push(step.take)
    const next = steps[i + 1]
    if (next === undefined || 'free' in next) together.push(live.filter((bytes) => bytes !== null))
  }
  return together
}

/**
 * Sums of buffers in use at the same time. A batch needs the largest of them, if no byte is wasted.
 */
export function heldSums(plan: ActivationPlan): Bytes[] {
  const sums = heldTogether(plan).map(sumOf)
  return sums.filter((a, i) => !sums.some((b, j) => covers(b, a, j < i)))
}

const TERMS = ['fixed', 'perLength', 'perItem', 'perToken', 'perTokenSquared'] as const

function sumOf(all: readonly Bytes[]): Bytes {
  const sum = { fixed: 0, perLength: 0, perItem: 0, perToken: 0, perTokenSquared: 0 }
  for (const bytes of all) for (const term of TERMS) sum[term] += bytes[term]
  return sum
}

/** Whether `a` is nowhere less than `b`; of two equal ones the earlier covers the later. */
function covers(a: Bytes, b: Bytes, earlier: boolean): boolean {
  if (TERMS.some((term) => a[term] < b[term])) return false
  return earlier || TERMS.some((term) => a[term] > b[term])
}
