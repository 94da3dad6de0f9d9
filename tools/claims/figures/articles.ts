import { z } from 'zod'
import { count, errors } from './parts.ts'

const quantity = z.strictObject({ name: z.string(), errors, bar: z.number(), met: z.boolean() })
const predicted = z.strictObject({ name: z.string(), quantities: z.array(quantity) })

/** Published rows of Triton against simulation. */
export const articlesFigures = z.strictObject({
  /** rows of a GPU between those that the server is fitted to */
  resnet50: z.array(predicted),
  /** online rows from offline rows, by the best of the approaches */
  tft: z.strictObject({ sweeps: count, approaches: count, best: predicted }),
})
export type ArticlesFigures = z.infer<typeof articlesFigures>
