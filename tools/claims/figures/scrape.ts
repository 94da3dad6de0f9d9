import { z } from 'zod'
import type { ScrapedServe } from '../../scrape-study/scraped-serve.ts'
import { count } from './parts.ts'

/** `serve` scraped by Prometheus, imported and simulated, against what its client measured. */
export const scrapeFigures = z.strictObject({
  /** of each case */
  seconds: z.number(),
  cases: z
    .array(
      z.strictObject({
        name: z.string(),
        requests: count,
        /** requests/s */
        sent: z.number(),
        imported: z.number(),
        /** ms */
        percentiles: z.array(
          z.strictObject({
            p: z.number(),
            measured: z.number(),
            predicted: z.number(),
            low: z.number(),
            high: z.number(),
          }),
        ),
      }),
    )
    .min(1),
})
export type ScrapeFigures = z.infer<typeof scrapeFigures>

export const RATE_BAR = 0.02

export function figuresOfScrapes(scraped: readonly ScrapedServe[], seconds: number): ScrapeFigures {
  return {
    seconds,
    cases: scraped.map(({ name, requests, sentRps, importedRps, percentiles }) => {
      return { name, requests, sent: sentRps, imported: importedRps, percentiles: [...percentiles] }
    }),
  }
}

type Percentile = ScrapeFigures['cases'][number]['percentiles'][number]

export const isInside = ({ measured, low, high }: Percentile): boolean =>
  measured >= low && measured <= high

/** Share by which an imported rate is off. */
export const rateError = ({ sent, imported }: ScrapeFigures['cases'][number]): number =>
  imported / sent - 1
