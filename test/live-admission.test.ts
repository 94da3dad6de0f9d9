import { expect, test } from 'vitest'
import { OUTCOME, REFUSAL } from '../sim/serving/index.ts'
import { replaysIn } from './live-replay.ts'
import { changed, TINY } from './scenarios.ts'
import { temporaryFolder } from './spillway.ts'

/**
 * Admission control on a live clock; no test depends on speed. Each replay is audited, with its
 * decision log.
 */

const replayed = replaysIn(temporaryFolder())

const base = changed(TINY, ['duration_s: 3', 'duration_s: 1.5'], ['warmup_s: 0.5', 'warmup_s: 0'])
/** More than any machine serves one at a time: 50 MB of weights for each. */
const flooded = changed(
  base,
  ['layers: 2, width: 64', 'layers: 12, width: 1024'],
  ['rate_rps: 150', 'rate_rps: 4000'],
  ['max_batch: 4, max_delay_ms: 1', 'max_batch: 1'],
)

const admitting = (scenario: string, ...controls: readonly string[]) =>
  changed(scenario, ['model: mlp', `model: mlp\n    admission: { ${controls.join(', ')} }`])

test('a bucket admits its burst and then its rate', async () => {
  const bucket = 'token_bucket: { rate_rps: 40, burst: 5 }'
  const { result } = await replayed('bucket', admitting(base, bucket))
  const [central] = result.pools
  expect(central!.shed_by).toMatchObject({ tokens: central!.counts.shed, queue: 0 })
  expect(central!.counts.shed).toBeGreaterThan(50)
  // 1.5 s of tokens, and the initial tokens of the bucket
  expect(central!.counts.arrived - central!.counts.shed).toBeLessThanOrEqual(65)
})

test('the lower priority is shed earlier, and the pool holds no more than its limit', async () => {
  const scenario = admitting(
    changed(
      flooded,
      ['rate_rps: 4000 }', 'rate_rps: 4000 }\n    priority: 2'],
      ['pools:', '  - class: urgent\n    arrivals: { process: poisson, rate_rps: 4000 }\npools:'],
    ),
    'concurrency: { limit: 12 }',
    'priority: { limits: { 2: 6 } }',
  )
  const { result, rows } = await replayed('priorities', scenario)
  const { priority, concurrency } = result.pools[0]!.shed_by
  expect(priority).toBeGreaterThan(100)
  expect(concurrency).toBeGreaterThan(100)
  const [web, urgent] = result.classes
  expect(urgent!.counts.shed).toBeLessThan(web!.counts.shed)
  expect(rows.refusal.filter((reason) => reason === REFUSAL.priority)).toHaveLength(priority)
})

test('a request that cannot end in time is refused, by the observed times of batches', async () => {
  const scenario = admitting(
    // long enough for a batch of a busy machine: after one that is longer, all are refused
    changed(flooded, ['rate_rps: 4000 }', 'rate_rps: 4000 }\n    timeout_ms: 1000']),
    'deadline: { margin_ms: 10 }',
  )
  const { result } = await replayed('deadline', scenario)
  const { counts, shed_by } = result.pools[0]!
  expect(shed_by).toMatchObject({ deadline: counts.shed, queue: 0 })
  expect(counts.shed).toBeGreaterThan(100)
})

test('in overload the newest request goes first, and earlier ones time out', async () => {
  const scenario = admitting(flooded, 'adaptive_lifo: { interval_ms: 50, target_ms: 10 }')
  const { result, rows } = await replayed('lifo', scenario)
  expect(result.pools[0]!.counts.timed_out).toBeGreaterThan(100)
  const keys = [...rows.outcome.keys()]
  const timedOut = keys.filter((key) => rows.outcome[key] === OUTCOME.timedOut)
  // in FIFO order no older request waits when a request is dispatched
  const overtakes = (key: number) =>
    timedOut.some((older) => older < key && rows.done[older]! > rows.dispatched[key]!)
  expect(keys.some((key) => rows.outcome[key] === OUTCOME.served && overtakes(key))).toBe(true)
})
