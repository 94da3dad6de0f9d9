import * as z from 'zod'
import { command, headOf, number, numberOrNull, numbers, scenarioRef } from './document-parts.ts'

const violation = z
  .strictObject({
    rule: z.string().describe('Name of the rule.'),
    text: z.string().describe('Rows, times and the expected behaviour in words.'),
    rows: numbers.describe('Keys of the requests of the violation, from 0.'),
  })
  .describe('One violation of a rule.')

const rule = z
  .strictObject({
    rule: z.string().describe('Name of the rule.'),
    promise: z.string().describe('Rule in words.'),
    checked: number.describe('Number of cases that were checked.'),
    violations: number.describe('Number of cases in which the rule was broken.'),
    first: z.array(violation).describe('First violations, at most five.'),
    not_seen: z
      .literal(true)
      .optional()
      .describe(
        'Whether the rule is about what a server does, which no row shows; absent where it is not.',
      ),
  })
  .describe('Findings of one rule.')

const recomputedValue = z
  .strictObject({
    p: number.describe('Level of the percentile, 0 to 1.'),
    value: numberOrNull.describe(
      'Time by the nearest rank, ms; null where the sample does not support it.',
    ),
  })
  .describe('One percentile that is recomputed.')

const recomputed = z
  .strictObject({
    class: z.string().nullable().describe('Name of the class; null for all classes together.'),
    n: number.describe('Number of served requests that were scheduled after the warm-up.'),
    values: z.array(recomputedValue).describe('Percentiles of the latency of these requests.'),
  })
  .describe('Percentiles of one class.')

const recomputedTime = z
  .strictObject({
    n: number.describe('Number of served requests after the warm-up that have such a time.'),
    values: z.array(recomputedValue).describe('Percentiles of this time.'),
  })
  .describe('Percentiles of one time of tokens.')

const recomputedTokens = z
  .strictObject({
    class: z.string().nullable().describe('Name of the class; null for all classes together.'),
    ttft: recomputedTime.describe('Time to first token.'),
    tpot: recomputedTime.describe('Time per output token after the first.'),
  })
  .describe('Times of tokens of one class.')

const recomputedCalls = z
  .strictObject({
    class: z.string().describe('Name of the class.'),
    made: number.describe('Number of calls that began after the warm-up.'),
    answered: number.describe('Number of these calls that were answered.'),
    values: z.array(recomputedValue).describe('Percentiles of the latency of answered calls.'),
  })
  .describe('Calls of one class.')

const decisionLog = z.strictObject({
  entries: number.describe(
    'Number of entries of the decision log that were fed to a new control plane.',
  ),
  differences: z
    .array(z.string())
    .describe('Decisions that differ, in words; empty where all are the same.'),
})

const runAudit = z
  .strictObject({
    run: z.string().describe('Name of the file of rows, such as replay-1.'),
    requests: number.describe('Number of requests in the rows.'),
    rules: z.array(rule).describe('Findings of each rule.'),
    percentiles: z
      .array(recomputed)
      .describe('Exact percentiles of the latency from the rows, of all classes and of each.'),
    tokens: z
      .array(recomputedTokens)
      .describe(
        'Exact percentiles of the times of tokens from the rows, of all classes and of each; empty ' +
          'where no tokens are generated.',
      ),
    calls: z.array(recomputedCalls).describe('Calls of each class, from the rows.'),
    journal: decisionLog
      .nullable()
      .describe('Decision log fed to a new control plane; null where none was recorded.'),
  })
  .describe('Audit of one run.')

/** A figure of a document, compared with the raw rows. */
const claim = z
  .strictObject({
    document: z.string().describe('File of the document, such as measured.json.'),
    figure: z.string().describe('Name of the figure, such as "p99 of class web".'),
    stated: number.describe('Figure as the document states it, a number of requests or ms.'),
    recomputed: numberOrNull.describe(
      'Same figure from the rows, in the same unit; null where they have none.',
    ),
    tolerance: number.describe(
      'Tolerated difference as a share of the recomputed figure; 0 where both must be equal.',
    ),
    holds: z.boolean().describe('Whether the difference is within the tolerance.'),
  })
  .describe('One figure of a document, compared with the rows.')

/** Findings of an audit in the raw rows of a folder. */
export const auditSchema = z
  .strictObject({
    ...headOf('spillway-audit'),
    scenario: scenarioRef.describe('Scenario of the runs.'),
    requests: z.string().describe('Hash of the requests of the runs.'),
    runs: z.array(runAudit).describe('Audit of each run of the folder.'),
    claims: z.array(claim).describe('Figures of the documents of the folder.'),
    verdict: z
      .enum(['PASS', 'FAIL'])
      .describe('FAIL where a rule is broken, a decision differs or a figure does not hold.'),
    reason: z.string().describe('Reason for the verdict.'),
    command,
  })
  .describe('Audit of the rows, decision logs and documents that a folder keeps.')

export type Audit = z.infer<typeof auditSchema>
