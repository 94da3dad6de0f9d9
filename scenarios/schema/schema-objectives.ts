import * as z from 'zod'
import { parseObjective } from './objective.ts'
import { lazy } from './schema-values.ts'

export const objectives = lazy(() =>
  z
    .array(
      z
        .string()
        .refine((text) => parseObjective(text) !== null, {
          message:
            'an objective such as "p(99) latency_ms < 250", "p(99, worst 1m) latency_ms < 250", ' +
            '"p(95) ttft_ms < 500", "p(99) call_ms < 900", "goodput > 99.5%" or ' +
            '"cost_usd_per_million < 3"',
        })
        .describe(
          'A limit on a percentile, such as `p(99) latency_ms < 250` or `p(99, worst 1m) ' +
            'latency_ms < 250`, of `latency_ms`, `ttft_ms`, `tpot_ms` or `call_ms`; on goodput, such ' +
            'as `goodput > 99.5%`; or on the cost of a million served requests of all classes, such ' +
            'as `cost_usd_per_million < 3`.',
        ),
    )
    .describe('The objectives of a class, each of which gets a verdict.'),
)
