import { expect, test } from 'vitest'
import type { Batching } from '../scenarios/index.ts'
import { replaysIn } from './live-replay.ts'
import { changed, TINY } from './scenarios.ts'
import { temporaryFolder } from './spillway.ts'

/**
 * Batching policies that learn, or depend on lengths and deadlines, on a live clock; no test
 * depends on speed. The audit checks the rules, the tests check that the rules applied.
 */

const folder = temporaryFolder()
const replayed = replaysIn(folder)

const MODEL =
  '{ builtin: transformer-encoder, layers: 1, hidden: 32, heads: 2, vocabulary: 100, pad_to: 8 }'

/** Texts of 3 to 120 tokens at 400 requests/s, with a client timeout of 50 ms. */
const texts = (batching: string) =>
  changed(
    TINY,
    ['duration_s: 3', 'duration_s: 1.5'],
    ['warmup_s: 0.5', 'warmup_s: 0'],
    ['{ builtin: mlp, layers: 2, width: 64 }', MODEL],
    [
      'rate_rps: 150 }',
      'rate_rps: 400 }\n    timeout_ms: 50\n' +
        '    input_tokens: { distribution: uniform, min: 3, max: 120 }',
    ],
    [/batching: \{[^\n]*\}/, `batching: { ${batching} }`],
  )

const policies: {
  readonly [P in Exclude<Batching['policy'], 'none' | 'fixed' | 'dynamic'>]: string
} = {
  aimd: 'policy: aimd, max_batch: 16, target_ms: 30, max_delay_ms: 10',
  cork: 'policy: cork, max_batch: 16, max_latency_ms: 200',
  'deadline-aware': 'policy: deadline-aware, max_batch: 16, margin_ms: 10',
  'length-bucketed':
    'policy: length-bucketed, max_batch: 16, edges: [30, 60, 90], max_delay_ms: 20',
}

test.each(Object.entries(policies))('%s batches texts', async (name, batching) => {
  const { rows, result } = await replayed(name, texts(batching), { replays: 2 })
  expect(Math.max(...rows.batchSize)).toBeGreaterThan(1)
  const [pool] = result.pools
  const { value } = pool!.batch_efficiency!
  expect(value).toBeGreaterThan(0)
  expect(value).toBeLessThan(1)
})

test('padding efficiency follows from the rows: lengths over padded lengths', async () => {
  const { rows, result } = await replayed('rows', texts(policies['length-bucketed']))
  let [useful, computed] = [0, 0]
  for (const [key, batch] of rows.batch.entries()) {
    if (batch < 0) continue
    useful += rows.inputTokens[key]!
    computed += rows.padded[key]!
  }
  expect(result.pools[0]!.batch_efficiency!.value).toBeCloseTo(useful / computed, 12)
})
