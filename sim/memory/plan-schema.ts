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
  z.strictObject({ free: z.number() }).readonly(),
])

/** An `ActivationPlan`, as profiles keep it. */
export const activationPlanSchema = z
  .strictObject({
    weights: z.array(z.number()).readonly().describe('bytes of each reservation in turn'),
    apartBytes: z
      .number()
      .optional()
      .describe('weights that are in no arena, as an embedding table; 0 where it is absent'),
    steps: z
      .array(step)
      .readonly()
      .describe('what a batch takes and gives back in turn, numbered as they are taken'),
    inputs: z
      .array(z.array(z.union([z.literal(['batch', 'length']), z.number()])).readonly())
      .readonly()
      .describe('sizes of the dimensions of each input'),
    loadMs: z
      .array(z.number())
      .min(1)
      .readonly()
      .optional()
      .describe('evenly spaced quantiles of how long it took to load; absent where nobody asked'),
  })
  .readonly()
