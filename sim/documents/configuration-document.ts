import { z } from 'zod'
import { cost, estimate, number, numberOrNull } from './document-parts.ts'
import { distribution, objectiveResult, percentiles, stability, verdict } from './documents.ts'

/** One configuration of a sweep, a plan or a set of variants; its figures over replications. */
export const configurationRow = z.strictObject({
  replications: number,
  capacity_rps: numberOrNull.describe('null where it is not known'),
  load: numberOrNull.describe('mean rate of the first replication over the capacity'),
  verdict: verdict.nullable().describe('the worst of its objectives; null where it has none'),
  objectives: z.array(objectiveResult),
  stability: stability.describe('latencies of an overloaded configuration depend on the duration'),
  classes: z.array(
    z.strictObject({
      name: z.string(),
      arrived: number.describe('requests, summed over replications'),
      latency: distribution.describe('of served requests'),
      latency_all: percentiles.describe('over all arrivals; a lost request takes infinitely long'),
      goodput_share: estimate,
    }),
  ),
  pools: z.array(
    z.strictObject({
      name: z.string(),
      replicas: number,
      utilisation: estimate,
      batch_mean: estimate,
    }),
  ),
  cost: cost.nullable().describe('null where a pool has no price'),
})

export type Cost = z.infer<typeof cost>
export type ConfigurationRow = z.infer<typeof configurationRow>
