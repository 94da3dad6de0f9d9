import { z } from 'zod'
import { headOf, number, numberOrNull, numbers } from './document-parts.ts'
import { hostSchema } from './documents.ts'

/**
 * How still a machine is: what its spinning threads met, and which percentiles can be decided on
 * it. Times are milliseconds unless the key has another unit.
 */

const noiseThread = z.strictObject({
  role: z.enum(['dispatcher', 'executor']),
  core: numberOrNull.describe('the core that it was pinned to; null where threads are not pinned'),
  stalls_per_s: number.describe(
    'gaps of more than 0.1 ms in which the spinning thread stood still',
  ),
  long_stalls_per_s: number.describe('gaps of more than 1 ms'),
  longest_stall_ms: number,
  jitter_ms: number.describe('p99, over all milliseconds, of the longest gap in that millisecond'),
  steal: numberOrNull.describe(
    'share of the time that the hypervisor gave the core to other machines; null where unknown',
  ),
  kernel: z
    .strictObject({
      median_ms: number,
      by_second_ms: numbers.describe('median of each second'),
      spread: number.describe('largest less smallest median of a second, over the median'),
      trend: numberOrNull.describe(
        'relative change from the first to the last second, of the line through their medians; null below 3 s',
      ),
    })
    .describe('a fixed piece of work, timed between the spins'),
})

const decision = z.strictObject({
  service_ms: number,
  stall_ms: number.describe('stalls longer than this matter: max(5 % of the service time, 50 µs)'),
  share: number.describe('share of requests that meet such a stall'),
  share_at_least: number.describe('lower limit of its 95 % interval'),
  share_at_most: number.describe('upper limit of its 95 % interval'),
  decided: numberOrNull.describe(
    'highest percentile p for which share_at_most is at most half of 1 - p; null for none',
  ),
  possible: numberOrNull.describe(
    'highest percentile p that share_at_least leaves open for a longer measurement; null for none',
  ),
})

export const noiseSchema = z.strictObject({
  ...headOf('spillway-noise'),
  host: hostSchema,
  seconds: number,
  threads: z.array(noiseThread).describe('all at once, as in a replay'),
  decisions: z.array(decision).describe('one for each service time'),
})

export type Noise = z.infer<typeof noiseSchema>
export type NoiseThread = z.infer<typeof noiseThread>
export type NoiseDecision = z.infer<typeof decision>
