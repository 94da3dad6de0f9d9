import * as z from 'zod'
import { ratedArrivals } from './schema-arrivals.ts'
import { retry, session } from './schema-clients.ts'
import { duration } from './schema-duration.ts'
import { hedge } from './schema-hedge.ts'
import { lengthStep, lengths } from './schema-lengths.ts'
import { servegenArrivals, traceArrivals } from './schema-trace.ts'
import { count, kind, lazy, name, off, positive } from './schema-values.ts'

/** Traffic of the scenario format: arrivals, lengths and clients. */

const arrivals = lazy(() =>
  z
    .discriminatedUnion('process', [
      ...ratedArrivals(),
      z.strictObject({
        process: kind(
          'closed-loop',
          'A fixed number of users: each sends a request, waits for the answer, thinks, and sends ' +
            'the next one.',
        ),
        users: count
          .max(1e6)
          .describe('The number of users; each has at most one request in the system.'),
        think_time_s: duration.describe(
          'The time from an answer to the next request of a user, and from the start of the run to ' +
            'the first one.',
        ),
      }),
      z.strictObject({
        process: kind('sum', 'The requests of several processes together.'),
        of: z
          .array(z.discriminatedUnion('process', ratedArrivals()).describe('A process of the sum.'))
          .min(2)
          .max(500)
          .describe('The processes that are added up, each with its own rate.'),
      }),
      servegenArrivals,
      traceArrivals,
    ])
    .describe('When requests arrive: the process determines their spacing, other keys their rate.'),
)

export const trafficClass = lazy(() =>
  z
    .strictObject({
      class: name.describe('The name of the class, for `slo`, results and `--set`.'),
      model: name
        .optional()
        .describe(
          'The name of a model: only its pools serve the class. Either every class names one or ' +
            'none does; then any pool may serve any class.',
        ),
      place: name
        .optional()
        .describe('The place of the clients, one of `places`; needed where there are places.')
        .meta({ examples: ['shop'] }),
      request_kib: positive
        .optional()
        .describe(
          'The size of each request in KiB, which takes time on networks with `bandwidth_mbps`. ' +
            'Without it, requests take none.',
        )
        .meta({ examples: [4] }),
      request_bytes_per_token: positive
        .optional()
        .describe(
          'The size of each request for each of its `input_tokens`, in bytes, in addition to ' +
            '`request_kib`.',
        )
        .meta({ examples: [4] }),
      answer_kib: positive
        .optional()
        .describe('The same for the size of each answer.')
        .meta({ examples: [16] }),
      answer_bytes_per_token: positive
        .optional()
        .describe(
          'The size of each answer for each of its `output_tokens`, in bytes, in addition to ' +
            '`answer_kib`.',
        )
        .meta({ examples: [4] }),
      arrivals,
      input_tokens: lengths
        .default({ distribution: 'fixed', value: 1 })
        .describe(
          'The length of a request in the free dimension of its model: tokens, pixels or samples. ' +
            'It is rejected where no model takes lengths.',
        ),
      output_tokens: lengths
        .optional()
        .describe(
          'The number of tokens to generate, for pools with `generation`, which need it. The first ' +
            'one is the result of the step in which the prompt ends.',
        ),
      first_token_delay_ms: positive
        .optional()
        .describe(
          'The time from when the first token is generated to when its client has it, such as the ' +
            'buffers of a proxy. Later tokens catch up: it is part of the time to first token, at ' +
            'most up to the end of the answer, which is no later.',
        )
        .meta({ examples: [15] }),
      length_correlation: z
        .number()
        .min(-1)
        .max(1)
        .optional()
        .describe(
          'The rank correlation (Spearman) of `input_tokens` and `output_tokens`, of which neither ' +
            'may be fixed or from a trace. Each keeps its distribution; without it, they are ' +
            'independent.',
        ),
      length_schedule: z
        .array(lengthStep)
        .min(1)
        .optional()
        .describe(
          'How lengths change over time, in steps that shift them within their distribution. A ' +
            '`load` is based on the lengths as stated.',
        ),
      shared_prefix_tokens: count
        .max(1e6)
        .optional()
        .describe(
          'The number of tokens with which all prompts of the class begin, part of `input_tokens`; ' +
            'a pool with `prefix_cache` can reuse them. With `carry_context` a session starts with ' +
            'them, in addition to its turns.',
        ),
      fan_out: count
        .max(1024)
        .default(1)
        .describe(
          'The number of parts of a request, each on another replica of one pool; it ends with its ' +
            'last part. Every pool then needs `mode: per-replica` and at least as many replicas.',
        ),
      timeout_ms: z
        .union([positive, duration])
        .optional()
        .describe(
          'The client timeout from the scheduled arrival, fixed or drawn for each attempt. The ' +
            'server still does the work, except that `cancel` removes requests that wait.',
        ),
      cancel: off.describe(
        'Whether a client that times out cancels its request, which is then removed if it still ' +
          'waits. A running request cannot be stopped.',
      ),
      max_in_flight: count
        .max(1e6)
        .optional()
        .describe(
          'The most requests that the clients of the class have in flight, as load generators do ' +
            'with so many connections. A request that is scheduled while all are in flight waits ' +
            'at its client; its latency, `timeout_ms` and `deadline_ms` begin when it is sent. ' +
            'Without it, each request is sent as scheduled.',
        )
        .meta({ examples: [440] }),
      retry: retry.optional(),
      session: session.optional(),
      hedge: hedge.optional(),
      priority: count
        .max(100)
        .default(1)
        .describe(
          'The priority level from 1, the highest, for `discipline: priority` and ' +
            '`admission.priority`.',
        ),
      deadline_ms: positive
        .optional()
        .describe(
          'The time from the scheduled arrival by which a request should end, for queues, batching ' +
            'and admission by deadline. Without it, they use `timeout_ms`, if that is fixed.',
        ),
      tenant: name
        .optional()
        .describe(
          'The tenant of the class, for fair queues and token buckets per tenant; without it, the ' +
            'class is a tenant of its own.',
        ),
      weight: positive
        .max(1e6)
        .default(1)
        .describe(
          "The tenant's share in fair queues, relative to other tenants; all classes of a tenant " +
            'state the same.',
        ),
      queue_timeout_ms: positive
        .optional()
        .describe(
          'The longest wait in a queue with `allow_timeout_override`; it can shorten the ' +
            '`timeout_ms` of the queue, never lengthen it.',
        )
        .meta({ examples: [200] }),
    })
    .describe('A class of requests: its arrivals, its lengths and its clients.'),
)

type TrafficClass = z.infer<typeof trafficClass>
export type Duration = z.infer<typeof duration>
export type RatedArrivals = Exclude<
  Extract<TrafficClass['arrivals'], { surges?: unknown }>,
  { process: 'trace' }
>
export type TraceProcess = Extract<TrafficClass['arrivals'], { process: 'trace' }>
