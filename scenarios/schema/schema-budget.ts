import * as z from 'zod'
import { count, lazy, name, positive } from './schema-values.ts'

/** What scaled pools share. */
export const budget = lazy(() =>
  z
    .strictObject({
      replicas: count
        .max(1e6)
        .optional()
        .describe('The most replicas of all scaled pools together; without it there is no limit.')
        .meta({ examples: [40] }),
      watts: positive
        .max(1e9)
        .optional()
        .describe(
          'The most power of all scaled pools together, at the rated power of their accelerators; ' +
            'without it there is no limit.',
        )
        .meta({ examples: [20000] }),
      priority: z
        .array(name)
        .min(1)
        .max(250)
        .optional()
        .describe(
          'The scaled pools that get what they ask for first, one after another. The other pools ' +
            'share what is left in proportion to what they ask for, as all do without it.',
        )
        .meta({ examples: [['chat', 'search']] }),
    })
    .superRefine(({ replicas, watts }, context) => {
      if (replicas !== undefined || watts !== undefined) return
      context.addIssue({ code: 'custom', path: [], message: 'at least one of replicas and watts' })
    })
    .describe(
      'What all scaled pools may have together at any instant. Replicas count from when they are ' +
        'asked for until they are given back, and warm pools all the time. Each pool has its `min`; ' +
        'beyond that, what scalers ask for is shared by `priority` or in proportion.',
    ),
)
