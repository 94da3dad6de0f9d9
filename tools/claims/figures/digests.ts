import { z } from 'zod'

/** Digits of Math.exp and similar functions may differ between versions of Node. */
export const digestsFigures = z.strictObject({
  /** of Node, with which the results were made */
  node: z.string(),
  /** SHA-256 of the result of each scenario of the library; null where its trace was missing */
  results: z.record(z.string(), z.string().nullable()),
})
export type DigestsFigures = z.infer<typeof digestsFigures>
