import { z } from 'zod'

const bytes = z
  .strictObject({
    fixed: z.number(),
    perLength: z.number(),
    perItem: z.number(),
    perToken: z.number(),
    perTokenSquared: z.number(),
  })
  .readonly()

const step = z.union([
  z.strictObject({ take: bytes, kind: z.enum(['activation', 'input', 'output']) }).readonly(),
  z.strictObject({ free: z.number().int().min(0) }).readonly(),
])

/** The index of the first step that frees a buffer not in use; -1 for none. */
function firstWrongFree(steps: readonly z.infer<typeof step>[]): number {
  const held: boolean[] = []
  return steps.findIndex((item) => {
    if ('take' in item) held.push(true)
    else if (held[item.free] !== true) return true
    else held[item.free] = false
    return false
  })
}

/** An `ActivationPlan`, as profiles store it. */
export const activationPlanSchema = z
  .strictObject({
    weights: z.array(z.number().min(0)).readonly().describe('bytes of each reservation in turn'),
    apartBytes: z
      .number()
      .min(0)
      .optional()
      .describe('weights that are in no arena, as an embedding table; 0 where it is absent'),
    steps: z
      .array(step)
      .readonly()
      .superRefine((steps, context) => {
        const i = firstWrongFree(steps)
        if (i < 0) return
        const message = 'expected the number of a buffer that was taken and not freed yet'
        context.addIssue({ code: 'custom', path: [i, 'free'], message })
      })
      .describe('what a batch takes and gives back in turn, numbered as they are taken'),
    inputs: z
      .array(z.array(z.union([z.literal(['batch', 'length']), z.number().int().min(1)])).readonly())
      .readonly()
      .describe('sizes of the dimensions of each input'),
    loadMs: z
      .array(z.number().min(0))
      .min(1)
      .readonly()
      .optional()
      .describe('evenly spaced quantiles of how long it took to load; absent where nobody asked'),
  })
  .readonly()
