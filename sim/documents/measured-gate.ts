import * as z from 'zod'
import { estimate, number, numberOrNull, numbers } from './document-parts.ts'

/** The part of a gate that was measured: blocks of base and head, and what differs in each. */

const batchGroup = z
  .strictObject({
    size: number.describe('Number of requests, from this power of two to below the next.'),
    length: number.describe('Padded length, from this power of two to below the next, tokens.'),
    ratio: number.describe('Service time of the head over that of the base.'),
  })
  .describe('Batches of about one size and length.')

const poolCauses = z
  .strictObject({
    pool: z.string().describe('Name of the pool.'),
    clock: z
      .enum(['processor', 'wall'])
      .optional()
      .describe(
        'What service times are of: the processor time of the thread that computed a batch, or ' +
          'wall time where a side lacks it; absent in gates of earlier versions, which used wall time.',
      ),
    service: number.describe(
      'Service time of the batches of the base if the head ran them, over their own.',
    ),
    level: number.describe(
      'Service time of the head over that of the base, of batches that are in no group.',
    ),
    groups: z
      .array(batchGroup)
      .describe('Service times of batches that both sides had enough of, by size and length.'),
    wake_ms: number.describe('Extra service time after an idle time, head less base, ms.'),
    dispatch_ms: number.describe(
      'Time from the dispatch of a batch to its start, head less base, ms: medians, and with ' +
        'processor time 5th percentiles, which other programs lengthen least.',
    ),
    completion_ms: number.describe(
      'Time from the end of a batch until the dispatcher sees it, head less base, ms; likewise.',
    ),
    base_batches: number.describe('Number of batches of the base.'),
    head_batches: number.describe('Number of batches of the head.'),
  })
  .describe('Causes of a change in one pool.')

const blockPercentile = z
  .strictObject({
    p: number.describe('Level of the percentile, 0 to 1.'),
    base: number.describe('Measured latency of the base, ms.'),
    head: number.describe('Measured latency of the head, ms.'),
  })
  .describe('One percentile of the latency.')

export const gateBlock = z
  .strictObject({
    fresh: z
      .boolean()
      .describe(
        'Whether the block is one of the confirmation, of processes that were opened for it.',
      ),
    control: numberOrNull.describe(
      'Natural logarithm of the time of the control kernel before the head over that before the ' +
        'base; null where it was not timed.',
    ),
    pools: z.array(poolCauses).describe('Causes of a change that were measured in each pool.'),
    metrics: numbers.describe(
      'Natural logarithm of head over base of each judged metric: service time, p50, p95 and p99.',
    ),
    raw: z
      .array(blockPercentile)
      .describe('Measured percentiles of the block, which are evidence only.'),
  })
  .describe('One block: successive slices of base and head.')

export const measuredGate = z.strictObject({
  rate_factor: number.describe('Traffic of the gate over that of the scenario.'),
  utilisation: z
    .strictObject({
      base: number.describe('Share of the time of the base, 0 to 1.'),
      head: number.describe('Share of the time of the head, 0 to 1.'),
    })
    .describe('Share of the time in which the busiest pool runs batches, in the warm-up.'),
  slice_ms: number.describe('Length of a slice, ms.'),
  block_slices: number.describe('Number of slices of each side in a block.'),
  blocks: z
    .array(gateBlock)
    .describe('Blocks in the order of play, with slices of both sides in random order.'),
  looks: numbers.describe('Numbers of blocks after which the gate was judged.'),
  control: numberOrNull.describe(
    'Time of the control kernel before the head over that before the base, the median over ' +
      'blocks; null where it was not timed.',
  ),
  not_counted: z
    .array(z.string())
    .describe('Rounds and blocks that do not count, each with its reason.'),
  stalls: z
    .strictObject({
      base: number.describe(
        'Share of the time in which the dispatcher of the base stalled, 0 to 1.',
      ),
      head: number.describe(
        'Share of the time in which the dispatcher of the head stalled, 0 to 1.',
      ),
      most: number.describe(
        'Share of a slice in stalls beyond which the slice is left out, 0 to 1.',
      ),
      slices: number.describe('Number of slices of each side.'),
      left_out: number.describe('Number of these slices that are left out, on both sides alike.'),
    })
    .optional()
    .describe('How much other programs held up all rounds; absent where none was played.'),
  raw: z
    .array(
      blockPercentile
        .extend({
          ratio: estimate.describe(
            'Measured latency of the head over that of the base, with a bootstrap over blocks.',
          ),
        })
        .describe('One percentile of the latency.'),
    )
    .describe('Measured percentiles over all blocks together, which are evidence only.'),
  minutes: number.describe('Duration of the gate, minutes.'),
  max_minutes: number
    .optional()
    .describe('Time after which no round begins, minutes; absent in gates of earlier versions.'),
})

export type GateBlock = z.infer<typeof gateBlock>
export type MeasuredGate = z.infer<typeof measuredGate>
