import { z } from 'zod'
import { estimate, headOf, number, numberOrNull, numbers } from './document-parts.ts'
import { verdict } from './documents.ts'

/** The documents of `spillway gate`: did it get worse? */

export const gateVerdict = z.enum(['PASS', 'IMPROVED', 'FAIL', 'UNDECIDED'])
export const caseVerdict = z.enum([...gateVerdict.options, 'NOT COMPARABLE'])

const metricName = {
  class: z.string().nullable().describe('null for a metric of the whole scenario'),
  name: z.string(),
  unit: z.enum(['ms', 'share', 'usd', 'ratio']),
  better: z.enum(['lower', 'higher']),
}

export const gateMetric = z.strictObject({
  ...metricName,
  base: numberOrNull,
  head: numberOrNull,
  ratio: numberOrNull.describe(
    'head over base; null where one has no value; of a fidelity gate simulated over measured',
  ),
  low: numberOrNull.describe('of the ratio, 99 %; null where the figures are exact'),
  high: numberOrNull,
  margin: numberOrNull.describe('relative; null where the metric is judged by its objective'),
  p: numberOrNull.describe(
    'chance of such blocks if the ratio were at the margin, adjusted for the number of metrics; null where exact',
  ),
  deciding_blocks: numberOrNull.describe('about the blocks that would tell; null where decided'),
  verdict: gateVerdict,
  note: z.string().nullable(),
})

const poolCauses = z.strictObject({
  pool: z.string(),
  service: number.describe("service time of the base's batches by the head, over their own"),
  level: number,
  groups: z.array(z.strictObject({ size: number, length: number, ratio: number })),
  wake_ms: number,
  dispatch_ms: number,
  completion_ms: number,
  base_batches: number,
  head_batches: number,
})

export const gateBlock = z.strictObject({
  fresh: z.boolean().describe('of the confirmation'),
  control: numberOrNull.describe("head's time of the control kernel over the base's, ln"),
  pools: z.array(poolCauses).describe('what was measured; head less base, or head over base'),
  metrics: numbers.describe('ln of head over base of each judged metric, in their order'),
  raw: z
    .array(z.strictObject({ p: number, base: number, head: number }))
    .describe('measured percentiles of this block, ms; evidence only'),
})

export const measuredGate = z.strictObject({
  rate_factor: number.describe('traffic of the gate over that of the scenario'),
  utilisation: z
    .strictObject({ base: number, head: number })
    .describe('share of the time in batches, of the busiest pool'),
  slice_ms: number,
  block_slices: number.describe('slices of each side in a block'),
  blocks: z.array(gateBlock).describe('slices of both sides in turn, in random order'),
  looks: numbers.describe('blocks after which the gate was judged'),
  control: numberOrNull.describe("head's over base's time of the control kernel, median"),
  not_counted: z.array(z.string()).describe('rounds that do not count, and why'),
  raw: z
    .array(z.strictObject({ p: number, base: number, head: number, ratio: estimate }))
    .describe('measured percentiles over all blocks, ms; evidence only'),
  minutes: number.describe('how long the gate took'),
})

export const gateCase = z.strictObject({
  file: z.string().describe('the scenario as given'),
  name: z.string(),
  hash: z.string(),
  base: z.string().describe('what the head is compared with'),
  verdict: caseVerdict,
  reason: z.string(),
  changes: z.strictObject({
    scenario: z
      .array(z.string())
      .nullable()
      .describe('"path: base → head" for each value that differs; null where it is not known'),
    profile: z.string().nullable().describe('null where it is the same'),
    engine: z.string().nullable().describe('version of Spillway; null where it is the same'),
  }),
  metrics: z.array(gateMetric).describe('the worst first'),
  measured: measuredGate.nullable().describe('null in a gate that measures nothing'),
})

export const gateSchema = z.strictObject({
  ...headOf('spillway-gate'),
  gate: z.enum(['prediction', 'measured', 'fidelity']),
  margin: number.describe('relative change that is still no regression'),
  verdict: caseVerdict,
  cases: z.array(gateCase).describe('the worst first'),
  command: z.string().describe('reproduces this gate'),
})

/** A figure that a baseline keeps. */
const baselineFigure = z.strictObject({ ...metricName, value: numberOrNull })

export const gateBaseline = z.strictObject({
  document: z.literal('spillway-gate-baseline'),
  format: z.literal(1),
  scenarios: z.array(
    z.strictObject({
      file: z.string(),
      name: z.string(),
      hash: z.string(),
      version: z.string(),
      commit: z.string().nullable(),
      profile: z.strictObject({ name: z.string(), hash: z.string() }).nullable(),
      seed: number,
      replications: number,
      load: numberOrNull,
      figures: z.array(baselineFigure),
      objectives: z.array(z.strictObject({ class: z.string(), text: z.string(), verdict })),
      scenario: z.unknown().describe('all values, to name those that change'),
    }),
  ),
})

export type GateVerdict = z.infer<typeof gateVerdict>
export type CaseVerdict = z.infer<typeof caseVerdict>
export type GateMetric = z.infer<typeof gateMetric>
export type GateBlock = z.infer<typeof gateBlock>
export type MeasuredGate = z.infer<typeof measuredGate>
export type GateCase = z.infer<typeof gateCase>
export type Gate = z.infer<typeof gateSchema>
export type GateBaseline = z.infer<typeof gateBaseline>
export type BaselineEntry = GateBaseline['scenarios'][number]
