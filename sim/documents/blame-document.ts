import * as z from 'zod'
import {
  command,
  headOf,
  number,
  numberOrNull,
  numbers,
  profileRef,
  scenarioRef,
} from './document-parts.ts'

/** What requests waited for, which others they waited for, and the bottleneck of the tail. */

/** Names of the largest part of the time of the slowest requests. */
export const BOTTLENECKS = [
  'link',
  'send-delay',
  'queue',
  'batch-wait',
  'memory',
  'model-load',
  'lost-replicas',
  'cold-start',
  'engine-admission',
  'other-prompts',
  'other-decodes',
  'overhead',
  'compute',
  'bandwidth',
  'launches',
  'service',
] as const

const waitCauses = z.strictObject({
  other_requests: number.describe(
    'While no executor of the queue was free: the share of executors that ran other requests, ms.',
  ),
  batch_wait: number.describe('While an executor was free: the wait for a larger batch, ms.'),
  memory: number.describe(
    'While an executor was free and the batch window was over: the wait for memory, ms.',
  ),
  model_load: number.describe(
    'While an executor had no batch and its model was not loaded: the wait for the load, ms.',
  ),
  lost_replicas: number.describe(
    'While no executor of the queue was free: the share of executors that were lost or drained, ms.',
  ),
  cold_start: number.describe(
    'While no executor of the queue was free: the share of executors that a scaler had asked for and ' +
      'that did not serve yet, ms.',
  ),
  engine_admission: number.describe(
    'While an engine had a free sequence slot: the wait for blocks of the KV cache, and that of a ' +
      'preempted sequence to return, ms. Without a decision log it has the whole wait with a free slot.',
  ),
  other_prompts: number.describe(
    'Time that engines took for prompts (prefill) of other requests, ms: while the request waited ' +
      'although a slot was free, and what such prompts added to the steps that it took part in.',
  ),
  other_decodes: number.describe(
    'Time that engines took to decode other requests, ms: while the request waited although a slot ' +
      'was free, and what these added to the steps that it took part in.',
  ),
})

const lengthGroup = {
  class: z.string().describe('Name of the class.'),
  from_tokens: number.describe('Shortest length of the group: input tokens and those to generate.'),
  to_tokens: number.describe('Longest length of the group: input tokens and those to generate.'),
}

const group = z
  .strictObject({
    ...lengthGroup,
    requests: number.describe('Number of requests of the group after the warm-up.'),
    caused_ms: number.describe('Time that other requests waited for requests of the group, ms.'),
    length_ms: number.describe(
      'Part of `caused_ms` that is the excess of batches over those of mean length, ms.',
    ),
    victims: number.describe('Number of requests that waited for one of the group.'),
    waited_ms: number.describe('Time that requests of the group waited for others, ms.'),
  })
  .describe('Requests of one class in one range of lengths.')

const victim = z
  .strictObject({
    request: number.describe('Key of the request, which is its number in its run, from 0.'),
    class: z.string().describe('Name of its class.'),
    tokens: number.describe('Length of the request: input tokens and those to generate.'),
    both_ms: number.describe(
      'Time for which it waited while the other one ran and no executor was free, ms.',
    ),
  })
  .describe('One request that waited.')

const blamed = z
  .strictObject({
    run: number.describe('Number of its run, from 1.'),
    request: number.describe('Key of the request, which is its number in its run, from 0.'),
    class: z.string().describe('Name of its class.'),
    tokens: number.describe('Length of the request: input tokens and those to generate.'),
    dispatched_ms: number.describe('When its batch left the queue, ms from the start of the run.'),
    runs_ms: number.describe('Time for which its batch had its executor, ms.'),
    batch_size: number.describe('Number of requests of its batch.'),
    caused_ms: number.describe('Time that other requests waited for this one, ms.'),
    victims: number.describe('Number of requests that waited while it ran.'),
    longest: z.array(victim).describe('The requests that waited longest while it ran.'),
  })
  .describe('One request that others waited for.')

const bottleneck = z
  .strictObject({
    name: z
      .enum(BOTTLENECKS)
      .describe(
        'Largest part of the time of the slowest requests. Service has the side of the roofline as ' +
          'its name where the work is described for an accelerator.',
      ),
    pool: z.string().describe('Name of the pool with most of that part.'),
    bound: z
      .enum(['compute', 'bandwidth', 'launches'])
      .nullable()
      .describe(
        'What most of the time of a mean batch of that pool goes to by the roofline; null where ' +
          'the work is not described for an accelerator.',
      ),
    percentile: number.describe(
      'Percentile from which on requests count as slow, 0 to 1: the highest of p99, p95 and p50 ' +
        'that each run supports.',
    ),
    latency_ms: number.describe('Latency at that percentile, ms.'),
    requests: number.describe('Number of requests at or above it.'),
    parts: z
      .strictObject({
        send: number.describe('From the scheduled arrival to the queue, with the link, ms.'),
        ...waitCauses.shape,
        overhead: number.describe('Before and after the batch on its executor, ms.'),
        service: number.describe('While the executor ran the batch, ms.'),
      })
      .describe('Parts of their mean latency, which they add up to.'),
  })
  .nullable()
  .describe('Where the time of the slowest served requests goes; null where none was served.')

const firstTokens = z
  .strictObject({
    class: z.string().describe('Name of the class.'),
    percentile: number.describe(
      'Percentile from which on first tokens count as slow, 0 to 1: the highest of p99, p95 and p50 ' +
        'that each run supports.',
    ),
    ttft_ms: number.describe('Time to first token at that percentile, ms.'),
    requests: number.describe('Number of requests at or above it.'),
    parts: z
      .strictObject({
        send: number.describe('From the scheduled arrival to the queue, with the link, ms.'),
        ...waitCauses.shape,
        overhead: number.describe('Always 0: engines have no overheads of batches.'),
        service: number.describe('While an engine computed the prompt of the request, ms.'),
      })
      .describe('Parts of their mean time to first token, which they add up to.'),
  })
  .describe('Where the time to the slowest first tokens of a class goes.')

const ratio = z.strictObject({
  value: numberOrNull.describe('Figure with the change over the figure without; null for none.'),
  low: numberOrNull.describe('Lower end of its interval, at the level of its test by Holm.'),
  high: numberOrNull.describe('Upper end of its interval, at the level of its test by Holm.'),
  difference: z
    .enum(['higher', 'lower', 'none found'])
    .nullable()
    .describe('Difference by a test of all changes together at 5 %; null without a ratio.'),
  reason: z.string().nullable().describe('Reason why there is no ratio; null where there is one.'),
})

const tried = z
  .strictObject({
    name: z.string().describe('Name of the change.'),
    set: z.array(z.string()).describe('Overrides path=value of the change.'),
    latency: ratio
      .nullable()
      .describe('Ratio of the latency at the percentile of `bottleneck`; null if not simulated.'),
    goodput: ratio.nullable().describe('Ratio of the goodput; null if not simulated.'),
    ttft: ratio
      .nullable()
      .describe(
        'Ratio of the time to first token of the class that is first in `first_tokens`, at its ' +
          'percentile; null if not simulated, and where nothing is generated.',
      ),
    helps: z
      .boolean()
      .describe(
        'Whether the latency or the time to first token falls, or the goodput rises, and none of ' +
          'the three becomes worse.',
      ),
    refused: z
      .string()
      .nullable()
      .describe('Reason why the change is not possible; null where it was simulated.'),
  })
  .describe('One change by itself, simulated over the same requests.')

export const blameSchema = z
  .strictObject({
    ...headOf('spillway-blame'),
    scenario: scenarioRef.describe('Scenario of the runs.'),
    seed: number.describe('Seed of all random streams.'),
    profile: profileRef
      .nullable()
      .describe('Profile that the work of models is from; null where all work is declared.'),
    world: z
      .enum(['simulated', 'measured'])
      .describe('Whether the rows are of simulated or of live runs.'),
    runs: number.describe('Number of runs whose rows are counted.'),
    requests: number.describe('Number of requests after the warm-up that joined a queue.'),
    waited_ms: number.describe(
      'Time that they waited in queues, and in engines for other requests, ms; the causes add up to it.',
    ),
    causes: waitCauses.describe('Waiting by cause.'),
    groups: z.array(group).describe('Requests by class and length.'),
    flows: z
      .array(numbers)
      .describe(
        'Time that requests of each group waited for those of each other, ms: a row for each ' +
          'group that is waited for, a column for each group that waits.',
      ),
    top: z.array(blamed).describe('Single requests that others waited for longest.'),
    bottleneck,
    first_tokens: z
      .array(firstTokens)
      .describe(
        'Slowest first tokens of each class, the class first that waits longest for others; empty ' +
          'where nothing is generated.',
      ),
    objectives: z
      .enum(['pass', 'open', 'none'])
      .describe(
        'Whether every objective of the scenario passes in the simulated replications; then no change ' +
          'is tried. `none`: it states none.',
      ),
    replications: number.describe('Number of replications of each change.'),
    changes: z.array(tried).describe('Changes that were tried.'),
    next: z
      .string()
      .nullable()
      .describe('Change that lowers the latency most; null where no single change helps.'),
    limits: z.array(z.string()).describe('What the rows do not show, each as one text.'),
    warnings: z.array(z.string()).describe('Warnings about the runs, each as one text.'),
    command,
  })
  .describe('Which requests waited for which others, and where the time of the tail goes.')

export type Blamed = z.infer<typeof blameSchema>
export type BottleneckName = (typeof BOTTLENECKS)[number]
