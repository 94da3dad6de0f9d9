import { z } from 'zod'
import { count } from './parts.ts'

const bar = z.strictObject({
  name: z.string(),
  bar: z.number(),
  figures: count,
  /** within the bar */
  within: count,
  /** shown to be within 10 %, by two one-sided tests */
  same: count,
  worst: z.number(),
  worstAt: z.string(),
})
const range = z.strictObject({ low: z.number(), high: z.number() })

/** vLLM on an H100: `max_num_seqs` 192 predicted from four stages at 128. */
export const vllmFigures = z.strictObject({
  laws: z.array(
    z.strictObject({
      law: z.string(),
      /** of the scenario, and the two delays; ms where they are times */
      values: z.array(z.number()),
      bars: z.array(bar),
    }),
  ),
  /** requests/s of a saturated engine with prompts of 1,000 tokens, by laws that fit as well */
  longPrompts: range,
})
export type VllmFigures = z.infer<typeof vllmFigures>
