import { expect, test } from 'vitest'
import { OUTCOME } from '../sim/serving/index.ts'
import { replaysIn } from './live-replay.ts'
import { changed, TINY } from './scenarios.ts'
import { temporaryFolder } from './spillway.ts'

/** Executors that are really killed while a replay runs; no test depends on speed. */

const folder = temporaryFolder()
const replayed = replaysIn(folder)

const base = changed(
  TINY,
  ['duration_s: 3', 'duration_s: 13'],
  ['warmup_s: 0.5', 'warmup_s: 0'],
  ['rate_rps: 150', 'rate_rps: 500'],
  ['model: mlp', 'model: mlp\n    replicas: 2'],
)

test('requests that wait in a shared queue outlast the replicas that are killed', async () => {
  const shared = `${changed(base, ['duration_s: 13', 'duration_s: 8'])}
failures:
  - { kind: crash, every_s: 2, restart_s: { distribution: fixed, value: 0.5 } }
`
  const { result, rows } = await replayed('shared', shared)
  const { counts } = result.pools[0]!
  const { arrived, in_flight, ...ends } = counts
  expect(arrived).toBe(rows.outcome.length)
  expect(in_flight).toBe(0)
  expect(Object.values(ends).reduce((a, b) => a + b, 0)).toBe(arrived)
  const { losses, up_share } = result.pools[0]!.availability!
  expect(losses).toBeGreaterThan(1)
  expect(up_share.value).toBeLessThan(1)
  // what fails was in a batch of a replica that was lost
  for (const [key, outcome] of rows.outcome.entries()) {
    if (outcome === OUTCOME.failed) expect(rows.batch[key]).toBeGreaterThanOrEqual(0)
  }
})

test('a killed replica is ejected for what it fails, before health checks see its loss', async () => {
  const lines = [
    'replicas: 2',
    'replicas: 2\n    queue: { mode: per-replica }',
    '    outlier_detection: { policy: linkerd-accrual, max_failures: 3, min_penalty_s: 0.2 }',
  ]
  const text = `${changed(base, [lines[0]!, lines.slice(1).join('\n')])}
failures:
  - { kind: crash, replicas: [1], at_s: [1, 7], detection_s: 2, restart_s: { distribution: fixed, value: 3 } }
`
  const { result, rows } = await replayed('ejected', text)
  const { ejections, counts } = result.pools[0]!
  // three failures eject it, and each of a few probes costs one more
  expect(ejections!.count.value).toBeGreaterThanOrEqual(2)
  expect(ejections!.replicas.map(({ replica }) => replica)).toContain(1)
  expect(ejections!.ejected_s.value).toBeGreaterThan(1)
  expect(result.pools[0]!.failed_undetected).toBeGreaterThanOrEqual(2)
  expect(result.warnings.join()).toContain('failed on a replica that was down and still routed to')
  const failed = rows.outcome.filter((outcome) => outcome === OUTCOME.failed).length
  expect(failed).toBe(counts.failed)
  // half of 500 requests/s for twice 2 s, if it got them all
  expect(failed).toBeLessThan(300)
})

test('a slow replica takes several times as long, and no other one does', async () => {
  const slow = `${changed(base, ['duration_s: 13', 'duration_s: 4'])}
failures:
  - { kind: slow, replicas: [1], at_s: [1], for_s: 2, factor: 20 }
`
  const { rows, result } = await replayed('slow', slow)
  const meanOf = (isMeant: (key: number) => boolean) => {
    const keys = [...rows.at.keys()].filter(
      (key) => rows.outcome[key] === OUTCOME.served && isMeant(key),
    )
    const sum = keys.reduce((total, key) => total + rows.ended[key]! - rows.started[key]!, 0)
    return sum / keys.length
  }
  const isDuring = (key: number) => rows.dispatched[key]! > 1000 && rows.dispatched[key]! < 2990
  const slower = meanOf((key) => isDuring(key) && rows.executor[key] === 1)
  // twenty times, on a machine whose batches differ
  expect(slower).toBeGreaterThan(4 * meanOf((key) => !isDuring(key)))
  expect(result.pools[0]!.counts.failed).toBe(0)
})

test('a grey failure fails the batches of its time, fast where it is stated so', async () => {
  const grey = `${changed(base, ['duration_s: 13', 'duration_s: 4'])}
failures:
  - { kind: errors, replicas: [1], at_s: [1], for_s: 2, share: 1, after_ms: 0 }
`
  const { rows, result } = await replayed('grey', grey)
  const failed = [...rows.at.keys()].filter((key) => rows.outcome[key] === OUTCOME.failed)
  expect(failed.length).toBe(result.pools[0]!.counts.failed)
  expect(failed.length).toBeGreaterThan(50)
  for (const key of failed) {
    expect(rows.executor[key]).toBe(1)
    expect(rows.dispatched[key]!).toBeGreaterThanOrEqual(1000)
  }
  const isIn = (key: number) => rows.dispatched[key]! > 1000 && rows.dispatched[key]! < 2990
  const served = [...rows.at.keys()].filter((key) => isIn(key) && rows.executor[key] === 1)
  expect(served.every((key) => rows.outcome[key] === OUTCOME.failed)).toBe(true)
  expect(result.pools[0]!.availability!.losses).toBe(0)
})

test('a replica that is killed while it is slow loses its batch at once', async () => {
  const text = `${changed(base, ['duration_s: 13', 'duration_s: 5'])}
failures:
  - { kind: slow, replicas: [1], at_s: [0], for_s: 4, factor: 10000 }
  - { kind: crash, replicas: [1], at_s: [2], restart_s: { distribution: fixed, value: 1 } }
`
  const { rows } = await replayed('both', text)
  const lost = [...rows.at.keys()].filter((key) => rows.outcome[key] === OUTCOME.failed)
  expect(lost.length).toBeGreaterThan(0)
  for (const key of lost) expect(rows.dispatched[key]).toBeLessThanOrEqual(rows.ended[key]!)
})

test('what a replay cannot cause is refused by name', async () => {
  const rolling = `${base}
failures:
  - { kind: deployment, at_s: 3, restart_s: { distribution: fixed, value: 1 } }
`
  const refused = /failures\.0\.kind: .*does not drain and restart replicas/
  await expect(replayed('rolling', rolling)).rejects.toThrow(refused)
})
