import * as z from 'zod'
import { changing } from './schema-surges.ts'
import { branch, count, kind, lazy, nonNegative, positive } from './schema-values.ts'

/** Arrivals that were recorded. */

export const servegenArrivals = branch({ process: 'servegen' }, () =>
  z.strictObject({
    process: kind(
      'servegen',
      'Clients whose rates and burstiness were recorded, in the files that ServeGen publishes.',
    ),
    file: z
      .string()
      .min(1)
      .describe(
        'A folder with chunk-N-trace.csv for each client, or one such file, relative to the ' +
          'scenario. Files may be gzip.',
      ),
    from_s: nonNegative
      .default(0)
      .describe(
        'The time in the rows at which the run starts. The rows must reach from there to the end ' +
          'of the run.',
      ),
    rate_rps: positive
      .optional()
      .describe(
        'The mean rate of all clients over the run, to which recorded rates are scaled alike. ' +
          'Without it and `load`, rates are as recorded.',
      ),
    load: positive
      .optional()
      .describe('The mean rate as a share of the capacity, in place of `rate_rps`.'),
  }),
)

const columns = lazy(() =>
  z.strictObject({
    time: z
      .string()
      .optional()
      .describe('The column of arrival times; without it, the first rows must show which it is.'),
    input_tokens: z
      .string()
      .optional()
      .describe(
        'The column of input lengths, for `input_tokens` with `distribution: trace`. It is guessed ' +
          'only where `time` is guessed too.',
      ),
    output_tokens: z
      .string()
      .optional()
      .describe(
        'The column of output lengths, for `output_tokens` with `distribution: trace`. It is ' +
          'guessed only where `time` is guessed too.',
      )
      .meta({ examples: ['GeneratedTokens'] }),
    class: z
      .string()
      .optional()
      .describe(
        'The column whose values separate the rows of several classes; each class takes the rows ' +
          'with one of its `class_values`.',
      ),
  }),
)

const window = lazy(() =>
  z.union([
    z
      .strictObject({
        from_s: nonNegative
          .describe('The start of the part, counted from the first row.')
          .meta({ examples: [600] }),
        to_s: positive
          .describe(
            'The end of the part, counted from the first row; a row at this time is left out.',
          )
          .meta({ examples: [900] }),
      })
      .describe('The rows between two times.'),
    z
      .strictObject({
        busiest_s: positive.describe('The length of the part; the one with the most rows is used.'),
      })
      .describe('The busiest part of a given length.'),
  ]),
)

export const traceArrivals = branch({ process: 'trace' }, () =>
  z.strictObject({
    process: kind('trace', 'Requests arrive at the times, and may have the lengths, of a file.'),
    file: z
      .string()
      .min(1)
      .describe('The path of the trace, relative to the scenario; text may be gzip.'),
    format: z
      .enum(['azure-llm', 'mooncake', 'burstgpt', 'csv', 'jsonl', 'parquet'])
      .optional()
      .describe('The format of the file; without it, it is guessed from the first rows.'),
    columns: columns
      .optional()
      .describe(
        'The names of columns. The formats azure-llm, mooncake and burstgpt determine all but ' +
          '`class`; of the others, columns that are not stated are guessed, and a note names them.',
      ),
    class_values: z
      .array(z.string())
      .min(1)
      .max(1000)
      .optional()
      .describe(
        'The values in the column `columns.class` whose rows this class takes; without them, its ' +
          'own name.',
      ),
    time_unit: z
      .enum(['s', 'ms', 'us', 'ns', 'iso'])
      .optional()
      .describe(
        'The unit of times in csv, jsonl and parquet; `iso` is text with a date or, in parquet, a ' +
          'timestamp. Without it, it is guessed.',
      ),
    window: window
      .optional()
      .describe('The part of the trace that is used; without it, the whole trace.'),
    time_scale: positive
      .optional()
      .describe(
        'Recorded times are multiplied by this: 0.5 doubles the rate, and makes peaks shorter as ' +
          'well as higher. It excludes `load`.',
      ),
    load: positive
      .optional()
      .describe(
        'Recorded times are stretched so that the mean rate is this share of the capacity. It ' +
          'excludes `time_scale` and `growth`.',
      ),
    growth: positive
      .max(100)
      .default(1)
      .describe(
        'The number of requests for each recorded one: 2.3 sends each twice, and once more with a ' +
          'probability of 0.3. Below 1, that share of them is sent.',
      ),
    ...changing(),
    copy_shift_s: nonNegative
      .max(1e6)
      .default(1)
      .describe(
        'Copies of the trace that `growth`, `surges` and `waves` add are each shifted by a ' +
          'constant time of at most half of this, so that short bursts do not coincide.',
      ),
    jitter_s: positive
      .max(1e6)
      .optional()
      .describe(
        'Times are spread evenly over this interval after the recorded ones, for traces that ' +
          'round times down to it, as the conversations of Mooncake do.',
      )
      .meta({ examples: [3] }),
    bad_rows: z
      .enum(['error', 'skip'])
      .default('error')
      .describe(
        'What a row that cannot be read leads to: `error` ends the command and names the line, ' +
          '`skip` leaves the row out and counts it.',
      ),
    length_scale: positive
      .default(1)
      .describe(
        'Recorded input lengths are multiplied by this. It must be 1 where prompts of a Mooncake ' +
          'trace share blocks of a `prefix_cache`.',
      ),
    output_scale: positive
      .optional()
      .describe(
        'Recorded numbers of tokens to generate are multiplied by this; without it they are as recorded.',
      )
      .meta({ examples: [1.3] }),
    max_length: count
      .optional()
      .describe('Longer recorded input lengths are cut to this, so that every request is sent.'),
  }),
)
