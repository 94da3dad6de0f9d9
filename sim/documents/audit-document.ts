import { z } from 'zod'
import { headOf, number, numberOrNull, numbers, scenarioRef } from './document-parts.ts'

const rule = z.strictObject({
  rule: z.string(),
  promise: z.string().describe('the rule in words'),
  checked: number.describe('number of cases checked'),
  violations: number,
  first: z
    .array(z.strictObject({ rule: z.string(), text: z.string(), rows: numbers }))
    .describe('the first violations; rows are request keys, from 0'),
})

const recomputed = z.strictObject({
  class: z.string().nullable().describe('null for all classes together'),
  n: number.describe('served requests after the warm-up'),
  values: z
    .array(z.strictObject({ p: number, value: numberOrNull }))
    .describe('latency, ms; null where the sample does not support it'),
})

const recomputedCalls = z.strictObject({
  class: z.string(),
  made: number,
  answered: number,
  values: z
    .array(z.strictObject({ p: number, value: numberOrNull }))
    .describe('latency of answered calls, ms; null where the sample does not support it'),
})

const runAudit = z.strictObject({
  run: z.string().describe('name of the file of rows, such as replay-1'),
  requests: number,
  rules: z.array(rule),
  percentiles: z.array(recomputed),
  calls: z.array(recomputedCalls).describe('calls of each class'),
  journal: z
    .strictObject({
      entries: number.describe('entries of the decision log that were fed to a new control plane'),
      differences: z
        .array(z.string())
        .describe('decisions that differ; empty where all are the same'),
    })
    .nullable()
    .describe('null where no decision log was recorded'),
})

/** A figure of a document, compared with the raw rows. */
const claim = z.strictObject({
  document: z.string(),
  figure: z.string(),
  stated: number,
  recomputed: numberOrNull,
  tolerance: number.describe('relative; 0 where both must be equal'),
  holds: z.boolean(),
})

/** Findings of an audit in the raw rows of a folder. */
export const auditSchema = z.strictObject({
  ...headOf('spillway-audit'),
  scenario: scenarioRef,
  requests: z.string().describe('hash of the requests'),
  runs: z.array(runAudit),
  claims: z.array(claim),
  verdict: z.enum(['PASS', 'FAIL']),
  reason: z.string(),
  command: z.string().describe('reproduces this audit'),
})

export type Audit = z.infer<typeof auditSchema>
