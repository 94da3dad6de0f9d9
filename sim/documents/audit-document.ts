import { z } from 'zod'

const rule = z.strictObject({
  rule: z.string(),
  promise: z.string().describe('the rule in words'),
  checked: z.number().describe('cases that the rule was tried on'),
  violations: z.number(),
  first: z
    .array(z.strictObject({ rule: z.string(), text: z.string(), rows: z.array(z.number()) }))
    .describe('the first violations; rows are request keys, from 0'),
})

const recomputed = z.strictObject({
  class: z.string().nullable().describe('null for all classes together'),
  n: z.number().describe('served requests after the warm-up'),
  values: z
    .array(z.strictObject({ p: z.number(), value: z.number().nullable() }))
    .describe('latency, ms; null where the sample does not support it'),
})

const recomputedCalls = z.strictObject({
  class: z.string(),
  made: z.number(),
  answered: z.number(),
  values: z
    .array(z.strictObject({ p: z.number(), value: z.number().nullable() }))
    .describe('latency of those answered, ms; null where the sample does not support it'),
})

const runAudit = z.strictObject({
  run: z.string().describe('the name of its file, such as replay-1'),
  requests: z.number(),
  rules: z.array(rule),
  percentiles: z.array(recomputed),
  calls: z.array(recomputedCalls).describe('of each class'),
  journal: z
    .strictObject({
      entries: z.number().describe('fed back to a fresh control plane'),
      differences: z.array(z.string()).describe('empty where it decided the same'),
    })
    .nullable()
    .describe('null where none was kept'),
})

/** A figure of a document, compared with the raw rows. */
const claim = z.strictObject({
  document: z.string(),
  figure: z.string(),
  stated: z.number(),
  recomputed: z.number().nullable(),
  tolerance: z.number().describe('relative; 0 where they must be equal'),
  holds: z.boolean(),
})

/** Findings of an audit in the raw rows of a folder. */
export const auditSchema = z.strictObject({
  document: z.literal('spillway-audit'),
  format: z.literal(1),
  version: z.string(),
  commit: z.string().nullable(),
  scenario: z.strictObject({ name: z.string(), hash: z.string(), description: z.string() }),
  requests: z.string().describe('hash of the requests'),
  runs: z.array(runAudit),
  claims: z.array(claim),
  verdict: z.enum(['PASS', 'FAIL']),
  reason: z.string(),
  command: z.string().describe('reproduces this audit'),
})

export type Audit = z.infer<typeof auditSchema>
