import * as z from 'zod'
import { kind, lazy, nonNegative, positive } from './schema-values.ts'

/** Copies of a request that are sent to other replicas. */

const hedgeBudget = lazy(() =>
  z.strictObject({
    ratio: positive
      .max(10)
      .describe(
        'The copies that each request allows its class: 0.05 allows one for every twentieth.',
      )
      .meta({ examples: [0.05] }),
    burst: positive.default(10).describe('The most copies that the budget holds; it starts full.'),
  }),
)

const throttling = lazy(() =>
  z.strictObject({
    max_tokens: z
      .int()
      .min(1)
      .max(1000)
      .describe(
        'The tokens at first, and at most. A failure takes 1; an answer adds `token_ratio`.',
      )
      .meta({ examples: [100] }),
    token_ratio: positive
      .multipleOf(0.001)
      .max(1000)
      .describe('The tokens that each answer adds, in steps of 0.001.')
      .meta({ examples: [0.1] }),
  }),
)

export const hedge = lazy(() =>
  z
    .discriminatedUnion('policy', [
      z.strictObject({
        policy: kind(
          'hedged',
          'A copy is sent after a delay without an answer, and at once after a failure (gRPC A6).',
        ),
        after_ms: positive
          .optional()
          .describe('The time from one copy to the next while there is no answer.')
          .meta({ examples: [50] }),
        after_percentile: z
          .number()
          .min(50)
          .max(99.9)
          .optional()
          .describe(
            'In place of `after_ms`: the delay is this percentile of the latency of answers of the ' +
              'class so far. Before 100 answers no copy is sent because of its delay.',
          )
          .meta({ examples: [95] }),
        max_attempts: z
          .int()
          .min(2)
          .max(5)
          .default(2)
          .describe('The most copies of a request, including the first.'),
        non_fatal: z
          .array(z.enum(['failed', 'shed', 'timed_out']))
          .max(3)
          .optional()
          .describe(
            'The failures of a copy after which the next one is sent at once, as ' +
              '`nonFatalStatusCodes` in gRPC. Any other is fatal: it ends the request, and copies ' +
              'that wait are withdrawn. Without it no failure is fatal; the default of gRPC is `[]`.',
          )
          .meta({ examples: [['failed']] }),
        budget: hedgeBudget
          .optional()
          .describe('A budget of copies that the class shares; a copy that it lacks is not sent.'),
        throttling: throttling
          .optional()
          .describe(
            'Tokens that the class shares, as in gRPC. While at most half of them are left, no copy ' +
              'but the first is sent.',
          ),
      }),
      z.strictObject({
        policy: kind(
          'tied',
          'Two copies are sent to two replicas; the one that starts first removes the other from ' +
            'its queue (Dean and Barroso 2013).',
        ),
        delay_ms: nonNegative.default(0).describe('The time from the first copy to the second.'),
      }),
    ])
    .describe(
      'Copies of each request, or of each part of a fan-out, on other replicas of its pool: the ' +
        'first answer counts, and copies that still wait are withdrawn.',
    ),
)
