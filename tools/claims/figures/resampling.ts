import { z } from 'zod'
import type { Bias } from '../../resampling/bias.ts'
import { count, middle } from './parts.ts'

/** Bias of predictions from rehearsals on a machine of known truth, by percentile. */
export const resamplingFigures = z.strictObject({
  /** runs of each case */
  runs: count,
  levels: z.array(
    z.strictObject({
      p: z.number(),
      /** cases: loads, replicas and kinds of batches */
      cases: count,
      /** of the sizes of the biases */
      median: z.number(),
      /** signed */
      worst: z.number(),
      worstAt: z.string(),
      /** median of half the 95 % interval of a bias: a smaller one may be chance */
      floor: z.number(),
    }),
  ),
})
export type ResamplingFigures = z.infer<typeof resamplingFigures>

export interface BiasRow {
  readonly at: string
  readonly biases: readonly Bias[]
}

export function figuresOfResampling(rows: readonly BiasRow[], runs: number): ResamplingFigures {
  const levels = [...new Set(rows.flatMap(({ biases }) => biases.map(({ p }) => p)))]
  return {
    runs,
    levels: levels.map((p) => {
      const all = rows.flatMap(({ at, biases }) =>
        biases.filter((bias) => bias.p === p).map((bias) => ({ at, ...bias })),
      )
      const worst = all.reduce((a, b) => (Math.abs(b.bias) > Math.abs(a.bias) ? b : a))
      return {
        p,
        cases: all.length,
        median: middle(all.map(({ bias }) => Math.abs(bias))),
        worst: worst.bias,
        worstAt: worst.at,
        floor: middle(all.map(({ halfWidth }) => halfWidth)),
      }
    }),
  }
}
