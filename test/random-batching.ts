import fc from 'fast-check'
import type { Batching } from '../scenarios/index.ts'
import type { batchPolicies } from '../sim/serving/index.ts'

export type Policy = keyof typeof batchPolicies

/** Configurations of every batching policy: one that joins the table has to join here. */
export const batchings: { readonly [P in Policy]: fc.Arbitrary<Extract<Batching, { policy: P }>> } =
  {
    none: fc.constant({ policy: 'none' }),
    fixed: fc.integer({ min: 1, max: 5 }).map((batch) => ({ policy: 'fixed', batch })),
    dynamic: fc
      .record({
        max_batch: fc.integer({ min: 1, max: 8 }),
        preferred: fc.uniqueArray(fc.integer({ min: 1, max: 8 }), { maxLength: 3 }),
        max_delay_ms: fc.constantFrom(0, 0.5, 3, 20),
      })
      .map(({ max_batch, preferred, max_delay_ms }) => ({
        policy: 'dynamic',
        max_batch,
        preferred: preferred.filter((size) => size <= max_batch).sort((a, b) => a - b),
        max_delay_ms,
      })),
    aimd: fc
      .record({
        max_batch: fc.integer({ min: 1, max: 8 }),
        target_ms: fc.constantFrom(1.5, 4, 6, 20),
        increase: fc.constantFrom(1, 1, 3),
        decrease: fc.constantFrom(0.5, 0.9),
        max_delay_ms: fc.constantFrom(0, 3, 20),
      })
      .map((own) => ({ policy: 'aimd', ...own })),
    cork: fc
      .record({
        max_batch: fc.integer({ min: 1, max: 8 }),
        max_latency_ms: fc.constantFrom(5, 15, 40, 200),
      })
      .map((own) => ({ policy: 'cork', ...own })),
    'deadline-aware': fc
      .record({ max_batch: fc.integer({ min: 1, max: 8 }), margin_ms: fc.constantFrom(0, 1, 7.5) })
      .map((own) => ({ policy: 'deadline-aware', ...own })),
    'length-bucketed': fc
      .record({
        max_batch: fc.integer({ min: 1, max: 8 }),
        edges: fc.constantFrom<number[]>([20], [4, 16, 32], [60]),
        max_delay_ms: fc.constantFrom(0, 0.5, 3, 20),
      })
      .map((own) => ({ policy: 'length-bucketed', ...own })),
  }
