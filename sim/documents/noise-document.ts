import * as z from 'zod'
import { headOf, number, numberOrNull, numbers } from './document-parts.ts'
import { hostSchema } from './host-document.ts'

/**
 * How still a machine is: what its spinning threads met, and which percentiles can be decided on
 * it. Times are milliseconds unless the key has another unit.
 */

const kernel = z.strictObject({
  median_ms: number.describe('Median over seconds of the time of the control kernel, ms.'),
  by_second_ms: numbers.describe('Median of its times in each second, ms.'),
  spread: number.describe('Largest less smallest median of a second, as a share of median_ms.'),
  trend: numberOrNull.describe(
    'Change from the first to the last second along the line through their medians, ' +
      'as a share of median_ms; null below 3 s.',
  ),
})

const noiseThread = z
  .strictObject({
    role: z
      .enum(['dispatcher', 'executor'])
      .describe('Part that has the core of this thread in a replay.'),
    core: numberOrNull.describe(
      'Number of the core that the thread was pinned to; null where threads are not pinned.',
    ),
    stalls_per_s: number.describe(
      'Number of gaps of more than 0.1 ms in the spinning thread, per second of spinning.',
    ),
    long_stalls_per_s: number.describe(
      'Number of gaps of more than 1 ms in the spinning thread, per second of spinning.',
    ),
    longest_stall_ms: number.describe('Longest of these gaps, ms; 0 where there was none.'),
    jitter_ms: number.describe(
      'Jitter, ms: p99 over all milliseconds of the longest gap in that millisecond.',
    ),
    steal: numberOrNull.describe(
      'Share of the time of the core, or of all cores without pinning, that the hypervisor gave ' +
        'to other machines, 0 to 1; null where it is unknown.',
    ),
    kernel: kernel.describe('Times of the control kernel, which ran between the spins.'),
  })
  .describe('Figures of one spinning thread.')

const decision = z
  .strictObject({
    service_ms: number.describe('Service time of a request, ms.'),
    stall_ms: number.describe(
      'Length from which on stalls matter, ms: the larger of 5 % of the service time and 0.05 ms.',
    ),
    share: number.describe('Share of requests that meet such a stall, 0 to 1.'),
    share_at_least: number.describe('Lower end of the 95 % interval of this share.'),
    share_at_most: number.describe('Upper end of the 95 % interval of this share.'),
    decided: numberOrNull.describe(
      'Highest percentile p, 0 to 1, for which share_at_most is at most half of 1 - p; ' +
        'null where there is none.',
    ),
    possible: numberOrNull.describe(
      'Highest percentile p, 0 to 1, that share_at_least leaves open for a longer measurement; ' +
        'null where there is none.',
    ),
  })
  .describe('Percentiles that can be decided at one service time.')

export const noiseSchema = z
  .strictObject({
    ...headOf('spillway-noise'),
    host: hostSchema.describe('Machine that was measured.'),
    seconds: number.describe('Duration of the measurement, s.'),
    threads: z
      .array(noiseThread)
      .describe('Figures of each thread; all spin at the same time, as in a replay.'),
    decisions: z
      .array(decision)
      .describe('Percentiles of the latency that can be decided, for some service times.'),
  })
  .describe('Stalls of a machine, and the percentiles that can be decided on it.')

export type Noise = z.infer<typeof noiseSchema>
export type NoiseThread = z.infer<typeof noiseThread>
export type NoiseDecision = z.infer<typeof decision>
