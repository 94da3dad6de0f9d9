import { expect, test } from 'vitest'
import { OUTCOME } from '../sim/serving/index.ts'
import { replaysIn } from './live-replay.ts'
import { changed, TINY } from './scenarios.ts'
import { commandsIn, put, temporaryFolder } from './spillway.ts'

/** Reacting clients, and queues that are not FIFO, on a live clock; no test depends on speed. */

const folder = temporaryFolder()
const replayed = replaysIn(folder)
const base = changed(TINY, ['duration_s: 3', 'duration_s: 1.5'], ['warmup_s: 0.5', 'warmup_s: 0'])
/** From the process of the only class on to the end of its line. */
const ARRIVALS = /arrivals: \{[^\n]*\}/

test('users of a closed loop have one request each at a time', async () => {
  const think = 'think_time_s: { distribution: exponential, mean: 0.02 }'
  const loop = `arrivals: { process: closed-loop, users: 5, ${think} }`
  const { rows } = await replayed('loop', changed(base, [ARRIVALS, loop]), { replays: 2 })
  const ends: number[] = []
  for (const [key, sent] of rows.sent.entries()) {
    const open = ends.filter((end) => end > sent).length
    expect(open).toBeLessThan(5)
    ends.push(rows.done[key]!)
  }
  expect(rows.sent.length).toBeGreaterThan(50)
})

test('what clients hold back is sent when another request ends', async () => {
  const scenario = changed(
    base,
    [ARRIVALS, '$&\n    max_in_flight: 3'],
    ['rate_rps: 150', 'rate_rps: 400'],
    ['max_batch: 4, max_delay_ms: 1', 'max_batch: 2, max_delay_ms: 20'],
  )
  const { rows, result } = await replayed('held', scenario)
  const { held } = result.classes[0]!
  const later = rows.at.filter((at, key) => at > rows.firstScheduledAt[key]!)
  expect(later.length).toBe(held!.count)
  expect(later.length).toBeGreaterThan(20)
  const ends = new Set(rows.done)
  expect(later.every((at) => ends.has(at))).toBe(true)
  expect(result.warnings.join()).toContain('of the requests waited at their clients')
})

test('a refused client retries, and a client that times out cancels its request', async () => {
  const retry = 'retry: { max_attempts: 3, backoff_ms: 5, jitter: full, budget: { ratio: 0.5 } }'
  const scenario = changed(
    base,
    [ARRIVALS, `$&\n    timeout_ms: 30\n    cancel: true\n    ${retry}`],
    ['rate_rps: 150', 'rate_rps: 400'],
    ['model: mlp', 'model: mlp\n    queue: { max_length: 3 }'],
    ['max_batch: 4, max_delay_ms: 1', 'max_batch: 64, max_delay_ms: 20'],
  )
  const { rows, result } = await replayed('retries', scenario)
  const { retries, counts } = result.classes[0]!
  expect(retries).toBeGreaterThan(10)
  expect(retries).toBe(rows.attempt.filter((attempt) => attempt > 1).length)
  expect(counts.shed + counts.cancelled).toBeGreaterThan(0)
  expect(rows.outcome.filter((outcome) => outcome === OUTCOME.cancelled)).toHaveLength(
    counts.cancelled,
  )
})

test('a retry comes exactly when the refusal before it says', async () => {
  const scenario = changed(
    base,
    [ARRIVALS, '$&\n    retry: { max_attempts: 3, backoff_ms: 1 }'],
    ['rate_rps: 150', 'rate_rps: 400'],
    ['model: mlp', 'model: mlp\n    queue: { max_length: 3 }'],
    ['queue: {', 'admission: { retry_pushback_ms: 200 }\n    queue: {'],
    ['max_batch: 4, max_delay_ms: 1', 'max_batch: 64, max_delay_ms: 20'],
  )
  const { rows } = await replayed('pushback', scenario)
  const refused = new Map<string, number>()
  for (const [key, outcome] of rows.outcome.entries()) {
    const call = `${rows.firstScheduledAt[key]} ${rows.attempt[key]}`
    if (outcome === OUTCOME.shed) refused.set(call, rows.done[key]!)
  }
  const retries = [...rows.attempt.keys()].filter((key) => rows.attempt[key]! > 1)
  expect(retries.length).toBeGreaterThan(10)
  for (const key of retries) {
    const before = refused.get(`${rows.firstScheduledAt[key]} ${rows.attempt[key]! - 1}`)!
    expect(rows.at[key]! - before).toBeCloseTo(200, 6)
  }
})

test('a queue with priorities keeps its order on a live clock', async () => {
  const scenario = changed(
    base,
    ['rate_rps: 150 }', 'rate_rps: 900 }'],
    ['pools:', '  - class: urgent\n    arrivals: { process: poisson, rate_rps: 90 }\npools:'],
    [ARRIVALS, '$&\n    priority: 2'],
    ['model: mlp', 'model: mlp\n    queue: { discipline: priority }'],
  )
  const { result } = await replayed('priorities', scenario)
  expect(result.classes.map(({ name }) => name)).toContain('urgent')
})

test('parts of a request go to replicas with queues of their own, and the last ends it', async () => {
  const scenario = changed(
    base,
    [ARRIVALS, '$&\n    fan_out: 2'],
    ['model: mlp', 'model: mlp\n    replicas: 2\n    queue: { mode: per-replica }'],
  )
  const { rows, result } = await replayed('parts', scenario)
  const { calls, counts } = result.classes[0]!
  expect(counts.arrived).toBe(2 * calls!.made)
  for (let key = 0; key < rows.queue.length; key += 2) {
    expect([rows.queue[key], rows.queue[key + 1]].sort()).toEqual([0, 1])
  }
  put(folder, 'wide.yaml', scenario)
  const { run } = commandsIn(folder)
  const { code, stderr } = await run('run', 'wide.yaml')
  expect([code, stderr]).toEqual([3, expect.stringMatching(/fan_out: parts of a request are not/)])
})

test('with reacting clients comparisons and exports are refused by name', async () => {
  const think = 'think_time_s: { distribution: fixed, value: 1 }'
  const loop = `arrivals: { process: closed-loop, users: 5, ${think} }`
  put(folder, 'refused.yaml', changed(base, [ARRIVALS, loop]))
  const { run } = commandsIn(folder)
  for (const command of ['requests', 'run']) {
    const { code, stderr } = await run(command, 'refused.yaml')
    expect([code, stderr]).toEqual([
      3,
      expect.stringMatching(/refused\.yaml traffic\.\S+: what its clients send depends/),
    ])
  }
})
