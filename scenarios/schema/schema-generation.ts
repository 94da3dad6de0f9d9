import * as z from 'zod'
import { sharing } from './schema-places.ts'
import { count, kind, lazy, name, nonNegative, off } from './schema-values.ts'

/** Token generation of the scenario format. */

const kvCache = lazy(() =>
  z
    .strictObject({
      blocks: count
        .optional()
        .describe(
          'The number of blocks of each replica. Where the pool has `memory`, it follows from the ' +
            'limit there, and this key is rejected.',
        ),
      block_tokens: count
        .max(65_536)
        .default(16)
        .describe(
          'The number of tokens in a block; a divisor of 512 where `prefix_cache` depends on ' +
            'sessions or on a trace.',
        ),
      watermark: z
        .number()
        .min(0)
        .max(0.5)
        .default(0.01)
        .describe(
          'The share of the blocks that admission leaves free while other sequences run, for their ' +
            'growth.',
        ),
      prefix_cache: off.describe(
        'Whether blocks of prompts are kept for later prompts on the replica that begin alike. A ' +
          'class needs `shared_prefix_tokens`, `carry_context` or `hash_ids` of a Mooncake trace.',
      ),
    })
    .describe(
      'The memory for tokens of running sequences, in blocks; without it and `memory` there is no ' +
        'limit.',
    ),
)

const handOver = lazy(() =>
  z
    .strictObject({
      pool: name.describe(
        'The name of the pool that decodes, which has `policy: continuous` and no `hand_over`.',
      ),
      base_ms: nonNegative.default(0).describe('The time of each KV transfer, whatever its size.'),
      ms_per_token: nonNegative
        .default(0)
        .describe('The time that a KV transfer takes in addition for each of its tokens.'),
      sharing,
    })
    .describe(
      'Prefill/decode disaggregation: this pool only computes prompts, and sequences decode in ' +
        'another pool after a KV transfer. All transfers of the pool share one link.',
    ),
)

const sequences = count.max(65_536).describe('The most sequences that run at once on a replica.')

export const generation = lazy(() =>
  z
    .discriminatedUnion('policy', [
      z.strictObject({
        policy: kind(
          'continuous',
          'Sequences join and leave the running batch at every step (continuous batching).',
        ),
        max_sequences: sequences.default(256),
        token_budget: count
          .default(2048)
          .describe(
            'The most tokens of a step, at least `max_sequences`: one for each sequence that ' +
              'decodes, and the rest for prompts.',
          ),
        chunked_prefill: z
          .boolean()
          .default(true)
          .describe(
            'Whether a prompt may be computed in parts over several steps. If not, one that is ' +
              'longer than the budget waits for a step without other prompts.',
          ),
        first: z
          .enum(['decode', 'prefill'])
          .default('decode')
          .describe(
            'What gets the token budget first: `decode` never stops running sequences, `prefill` ' +
              'makes first tokens earlier and gaps between tokens longer.',
          ),
        kv_cache: kvCache.optional(),
        preemption: z
          .enum(['recompute', 'swap'])
          .default('recompute')
          .describe(
            'How a preempted sequence gets its KV cache again: `recompute` computes its tokens ' +
              'anew, `swap` moves them to the memory of the host and back.',
          ),
        swap_ms_per_token: nonNegative
          .optional()
          .describe(
            'The time of a swap for each token, out and again back, which is added to the step. ' +
              'It is required with `preemption: swap`, and rejected without.',
          ),
        preempt_by_priority: off.describe(
          'Whether a waiting request preempts a running sequence of a lower priority while ' +
            '`max_sequences` run; for `discipline: priority` only.',
        ),
        hand_over: handOver.optional(),
      }),
      z.strictObject({
        policy: kind(
          'static',
          'A batch starts when the last one has ended, and ends with its longest answer (static ' +
            'batching).',
        ),
        max_sequences: sequences,
        kv_cache: kvCache.optional(),
      }),
    ])
    .describe(
      'Which sequences run together. A pool whose model has `law: generation` needs it in place of ' +
        '`batching`; other pools reject it.',
    ),
)
