import { z } from 'zod'
import { type ErrorSummary, JUDGED, type Judged, NAMES, summarise } from '../../articles/errors.ts'
import type { ConcurrencySweep } from '../../articles/resnet50.ts'
import { count, errors } from './parts.ts'

const quantity = z.strictObject({ name: z.string(), errors, bar: z.number(), met: z.boolean() })
const predicted = z.strictObject({ name: z.string(), quantities: z.array(quantity) })

/** Published rows of Triton against simulation. */
export const articlesFigures = z.strictObject({
  /** each GPU, fitted to one half of its rows and to the other */
  resnet50: z.array(predicted),
  /** online rows from offline rows, by the best of the approaches */
  tft: z.strictObject({ sweeps: count, approaches: count, best: predicted }),
})
export type ArticlesFigures = z.infer<typeof articlesFigures>

/** The distance of a quantity of these rows, and whether it meets its bar. */
function quantityOf(rows: number, { of, median, worst, met }: ErrorSummary, bar: number) {
  const at = `${worst.users} requests`
  const errors = { rows, median, worst: worst.error, worstAt: at }
  return { name: NAMES[of], errors, bar, met }
}

export function figuresOfArticles(
  sweeps: readonly { readonly name: string; readonly sweep: ConcurrencySweep }[],
  tft: {
    readonly sweeps: number
    readonly rows: number
    readonly approaches: number
    readonly best: string
    readonly errors: Readonly<Record<Judged, ErrorSummary>>
  },
  bars: Readonly<Record<Judged, number>>,
): ArticlesFigures {
  return {
    resnet50: sweeps.map(({ name, sweep: { predicted } }) => ({
      name,
      quantities: JUDGED.map((of) =>
        quantityOf(predicted.length, summarise(predicted, of), bars[of]),
      ),
    })),
    tft: {
      sweeps: tft.sweeps,
      approaches: tft.approaches,
      best: {
        name: tft.best,
        quantities: JUDGED.map((of) => quantityOf(tft.rows, tft.errors[of], bars[of])),
      },
    },
  }
}
