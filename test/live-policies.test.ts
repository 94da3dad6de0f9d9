import { expect, test } from 'vitest'
import { replayProcessesIn, replaysIn } from './live-replay.ts'
import { changed, TINY } from './scenarios.ts'
import { temporaryFolder } from './spillway.ts'
import { needVulkan } from './vulkan.ts'

/**
 * Queues, routers, time-outs, padding and executors on a live clock; no test depends on speed. The
 * audit checks the rules, the tests check that the rules applied.
 */

const folder = temporaryFolder()

const base = changed(TINY, ['duration_s: 3', 'duration_s: 1.5'], ['warmup_s: 0.5', 'warmup_s: 0'])

const replayed = replaysIn(folder)

test('two replicas with a queue each alternate, and each serves in FIFO order', async () => {
  const queue = 'queue: { mode: per-replica, routing: round-robin }'
  const scenario = changed(base, ['model: mlp', `model: mlp\n    replicas: 2\n    ${queue}`])
  const { rows, result } = await replayed('replicas', scenario)
  expect([...rows.executor]).toEqual([...rows.executor.keys()].map((key) => key % 2))
  expect(result.pools[0]!.replicas).toBe(2)
})

test('two of three pools are drawn for each request, by loads of up to 20 ms ago', async () => {
  const pool = (name: string) => `  - name: ${name}
    model: mlp
    replicas: 2
    queue: { mode: per-replica, routing: peak-ewma }`
  const scenario = changed(base, ['pools:', `pools:\n${pool('first')}\n${pool('second')}`]).concat(
    'router: { policy: p2c, view_age_ms: 20 }\n',
  )
  const { rows, result } = await replayed('routed', scenario)
  // the audit recomputes every draw
  for (const { counts } of result.pools) expect(counts.arrived).toBeGreaterThan(rows.at.length / 10)
  expect(result.classes[0]!.counts.served).toBe(result.classes[0]!.counts.arrived)
})

test('bounded queues shed, servers time out and clients leave, and all counts add up', async () => {
  // the window of `slow` is longer than its time-out and its queue shorter than its batch, so it
  // loses requests at any speed of the machine; and no service is as fast as the hasty like it
  const scenario = changed(
    base,
    ['rate_rps: 150 }', 'rate_rps: 400 }'],
    [
      'pools:',
      `  - class: hasty
    arrivals: { process: deterministic, rate_rps: 100 }
    timeout_ms: 0.001
pools:
  - name: slow
    model: mlp
    queue: { max_length: 4, timeout_ms: 20 }
    batching: { policy: dynamic, max_batch: 64, max_delay_ms: 50 }`,
    ],
  ).concat('router: { policy: round-robin }\n')
  const { rows, result } = await replayed('lossy', scenario)
  const [web, hasty] = result.classes.map(({ counts }) => counts)
  expect(web!.shed).toBeGreaterThan(0)
  expect(web!.timed_out).toBeGreaterThan(0)
  expect(hasty!.served).toBe(0)
  expect(hasty!.abandoned).toBeGreaterThan(0)
  for (const { counts } of [...result.classes, ...result.pools]) {
    const { arrived, ...ends } = counts
    expect(Object.values(ends).reduce((sum, n) => sum + n, 0)).toBe(arrived)
  }
  const [slow, central] = result.pools
  expect(slow!.counts.arrived + central!.counts.arrived).toBe(rows.at.length)
  expect(central!.counts).toMatchObject({ shed: 0, timed_out: 0 })
})

test('in overload a full queue sheds: its bound is reached and not exceeded', async () => {
  // more than any machine serves one at a time: 50 MB of weights for each
  const scenario = changed(
    base,
    ['layers: 2, width: 64', 'layers: 12, width: 1024'],
    ['rate_rps: 150', 'rate_rps: 4000'],
    ['max_batch: 4, max_delay_ms: 1', 'max_batch: 1'],
    ['model: mlp', 'model: mlp\n    queue: { max_length: 8 }'],
  )
  const { result } = await replayed('overload', scenario)
  const { counts } = result.classes[0]!
  expect(counts).toMatchObject({ timed_out: 0, abandoned: 0, failed: 0 })
  expect(counts.shed).toBeGreaterThan(100)
  expect(counts.served + counts.shed).toBe(counts.arrived)
  expect(result.pools[0]!.shed_by.queue).toBe(counts.shed)
  expect(Math.max(...result.series.queue_max)).toBe(8)
})

test('a batch of texts is padded to its longest, rounded up', async () => {
  const scenario = changed(
    base,
    [
      '{ builtin: mlp, layers: 2, width: 64 }',
      '{ builtin: transformer-encoder, layers: 1, hidden: 32, heads: 2, vocabulary: 100, pad_to: 8 }',
    ],
    [
      'rate_rps: 150 }',
      'rate_rps: 150 }\n    input_tokens: { distribution: uniform, min: 3, max: 60 }',
    ],
  )
  const { rows } = await replayed('texts', scenario)
  expect(new Set(rows.inputTokens).size).toBeGreaterThan(20)
  // the audit checks the padded length
  expect([...rows.padded].some((padded, key) => padded > rows.inputTokens[key]!)).toBe(true)
})

test('many replays in a row are all kept, without a warning of Node', async () => {
  const short = changed(base, ['duration_s: 1.5', 'duration_s: 0.3'])
  const { result, stderr } = await replayProcessesIn(folder)('many', short, { replays: 12 })
  expect(result.runs).toBe(12)
  expect(stderr).not.toMatch(/Warning/)
})

test('a replay on webgpu runs in separate processes', async (context) => {
  needVulkan(context)
  const scenario = changed(
    base,
    ['model: mlp', 'model: mlp\n    replicas: 2\n    execution_provider: webgpu'],
    ['rate_rps: 150', 'rate_rps: 40'],
  )
  const { rows } = await replayed('webgpu', scenario)
  expect(new Set(rows.executor)).toEqual(new Set([0, 1]))
})
