import { z } from 'zod'
import type { Figure } from '../../bench/figure.ts'

/** Speed and memory, as `npm run bench` prints them. */
export const benchFigures = z.strictObject({
  figures: z.array(
    z.strictObject({
      name: z.string(),
      unit: z.string(),
      /** median over rounds */
      value: z.number(),
      /** best round; null where it was not kept */
      best: z.number().nullable(),
      /** null where the figure has no target */
      bar: z
        .strictObject({
          kind: z.enum(['at least', 'at most']),
          limit: z.number(),
          met: z.boolean(),
        })
        .nullable(),
    }),
  ),
})
export type BenchFigures = z.infer<typeof benchFigures>

export function figuresOfBench(figures: readonly Figure[]): BenchFigures {
  return {
    figures: figures.map(({ name, unit, value, best, bar }) => ({
      name,
      unit,
      value,
      best,
      bar: bar === undefined ? null : barOf(bar, value),
    })),
  }
}

function barOf(bar: NonNullable<Figure['bar']>, value: number) {
  return 'atLeast' in bar
    ? { kind: 'at least' as const, limit: bar.atLeast, met: value >= bar.atLeast }
    : { kind: 'at most' as const, limit: bar.atMost, met: value <= bar.atMost }
}
