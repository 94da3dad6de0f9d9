import * as z from 'zod'
import { command, estimate, headOf, number, numberOrNull } from './document-parts.ts'
import { percentiles } from './request-figures.ts'

/** What production or a load generator has recorded, and which values of a scenario rest on it. */

const evidenceValue = z
  .strictObject({
    path: z.string().describe('Path of the value in the scenario, as `--set` takes it.'),
    value: z
      .union([number, z.string()])
      .nullable()
      .describe('Value in the scenario; null where it is not in it.'),
    low: numberOrNull.describe(
      'Lower end of what the value may be with a probability of 95 %; null where that is not known.',
    ),
    high: numberOrNull.describe('Upper end; null where it is not known.'),
    basis: z
      .enum(['measured', 'assumed', 'unknown'])
      .describe(
        'Whether the value follows from the records, was chosen without them, or is not known at all.',
      ),
    source: z.string().describe('File or metric that the value is from; empty for assumptions.'),
    from_s: numberOrNull.describe(
      'Start of the window behind the value, s after the first arrival.',
    ),
    until_s: numberOrNull.describe('End of that window, s; null where there is none.'),
    n: number.describe('Number of records behind the value; 0 for assumptions.'),
    why: z.string().describe('How the value was found, or why it was chosen.'),
  })
  .describe('A value of the scenario, and what it rests on.')

const latencies = z
  .strictObject({
    time: z
      .enum(['latency', 'ttft', 'tpot'])
      .describe('Time of a request: whole, to its first token, or of each further token.'),
    from: z
      .enum(['scheduled', 'sent', 'received'])
      .describe(
        'Since when the time counts: since the schedule of a load generator, since the request was ' +
          'sent, or since a server or proxy received it. TPOT counts since the first token.',
      ),
    mean: estimate.describe('Mean of the time over these requests, ms.'),
    percentiles: percentiles.describe('Percentiles, ms, of answered requests.'),
  })
  .describe('A time of all answered requests.')

export const evidenceSchema = z
  .strictObject({
    ...headOf('spillway-evidence'),
    source_format: z.string().describe('Format of the files, such as `aiperf`.'),
    files: z
      .array(
        z
          .strictObject({
            path: z.string().describe('Path of the file.'),
            records: number.describe('Number of requests in it.'),
            bad: number.describe('Number of records that could not be read, and were left out.'),
            others: number.describe(
              'Number of lines without a request, such as a header or other messages of a program.',
            ),
          })
          .describe('A file, and how much of it was read.'),
      )
      .describe('Files that were read.'),
    first_at: z
      .string()
      .nullable()
      .describe('UTC time of the first arrival; null where the times have another origin.'),
    duration_s: number.describe('Time from the first arrival to the last, s.'),
    requests: z
      .strictObject({
        arrived: number.describe('Number of requests.'),
        answered: number.describe('Number of requests that were answered without an error.'),
        failed: number.describe('Number of the others.'),
        most_in_flight: numberOrNull.describe(
          'Most requests that were in flight at once; null where that is not known.',
        ),
      })
      .describe('Counts of requests.'),
    latencies: z
      .array(latencies)
      .describe(
        'Times of requests. Where the schedule is known, each stands twice: from sending, as the ' +
          'tool counts it, and from the schedule, with the wait that sending omits.',
      ),
    values: z.array(evidenceValue).describe('Values of the scenario.'),
    warnings: z.array(z.string()).describe('What limits the use of the scenario.'),
    command,
  })
  .describe('What records of requests show of a server and its traffic.')

export type Evidence = z.infer<typeof evidenceSchema>
export type EvidenceValue = Evidence['values'][number]
