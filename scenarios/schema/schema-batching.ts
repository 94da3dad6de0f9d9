import * as z from 'zod'
import { batch, count, kind, lazy, nonNegative, positive } from './schema-values.ts'

/** Batching policies of the scenario format. */

const window = nonNegative
  .default(0)
  .describe(
    'The batch window: the longest time that the oldest request waits for a larger batch while ' +
      'an executor is free. At 0 what waits is dispatched at once.',
  )

const largest = batch.describe('The most requests in a batch.')

export const batching = lazy(() =>
  z.discriminatedUnion('policy', [
    z.strictObject({
      policy: kind('none', 'Each request is dispatched alone, as soon as an executor is free.'),
    }),
    z.strictObject({
      policy: kind('fixed', 'Every batch is full, however long it has to wait for that.'),
      batch: batch.describe(
        'The number of requests in each batch; only the rest at the end of the traffic is smaller.',
      ),
    }),
    z.strictObject({
      policy: kind(
        'dynamic',
        'A batch is dispatched at a preferred size, or when the batch window of the oldest request ' +
          'closes, as in Triton.',
      ),
      max_batch: largest,
      preferred: z
        .array(batch)
        .default([])
        .describe(
          'Batch sizes that are dispatched before the window closes, rising, up to `max_batch`. ' +
            'Without them it is `max_batch` alone.',
        ),
      max_delay_ms: window,
    }),
    z.strictObject({
      policy: kind(
        'aimd',
        'The batch size is limited by a number that rises while batches meet a target time and ' +
          'falls when one does not, as in Clipper.',
      ),
      max_batch: largest,
      target_ms: positive.describe(
        'The longest time that a batch should take, from dispatch to its reported end.',
      ),
      increase: count
        .default(1)
        .describe('What is added to the limit after a batch that filled it within the target.'),
      decrease: z
        .number()
        .min(0.01)
        .max(0.99)
        .default(0.9)
        .describe('The limit is multiplied by this after a batch that missed the target.'),
      max_delay_ms: window,
    }),
    z.strictObject({
      policy: kind(
        'cork',
        'Requests wait for a larger batch while that is predicted to pay, as in BentoML. A queue ' +
          'has one batch in flight, so several replicas need `mode: per-replica`.',
      ),
      max_batch: largest,
      max_latency_ms: positive.describe(
        'A request that is predicted to exceed this latency is dropped, and counts as timed out.',
      ),
    }),
    z.strictObject({
      policy: kind(
        'deadline-aware',
        'A batch waits while every waiting request has time until its deadline. Every class needs ' +
          '`deadline_ms` or a fixed `timeout_ms`.',
      ),
      max_batch: largest,
      margin_ms: nonNegative
        .default(0)
        .describe('Batches are dispatched this much before the last moment that is predicted.'),
    }),
    z.strictObject({
      policy: kind(
        'length-bucketed',
        'Each batch takes requests of one bucket of lengths, so that little of it is padding.',
      ),
      max_batch: largest,
      edges: z
        .array(count)
        .min(1)
        .max(64)
        .describe('The longest length of each bucket, rising; longer requests share one more.'),
      max_delay_ms: window,
    }),
  ]),
)
