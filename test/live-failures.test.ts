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
  const own = [
    'replicas: 2',
    'replicas: 2\n    queue: { mode: per-replica }',
    '    outlier_detection: { policy: linkerd-accrual, max_failures: 3, min_penalty_s: 0.2 }',
  ]
  const text = `${changed(base, [own[0]!, own.slice(1).join('\n')])}
failures:
  - { kind: crash, replicas: [1], at_s: [1, 7], detection_s: 2, restart_s: { distribution: fixed, value: 3 } }
`
  const { result, rows } = await replayed('ejected', text)
  const { ejections, counts } = result.pools[0]!
  // three failures eject it, and each of a few probes costs one more
  expect(ejections!.count.value).toBeGreaterThanOrEqual(2)
  expect(ejections!.replicas.map(({ replica }) => replica)).toContain(1)
  expect(ejections!.ejected_s.value).toBeGreaterThan(1)
  const failed = rows.outcome.filter((outcome) => outcome === OUTCOME.failed).length
  expect(failed).toBe(counts.failed)
  // half of 500 requests/s for twice 2 s, if it got them all
  expect(failed).toBeLessThan(300)
})

test('what a replay cannot cause is refused by name', async () => {
  const slow = `${base}
failures:
  - { kind: slow, every_s: 3, for_s: 1, factor: 4 }
`
  await expect(replayed('slow', slow)).rejects.toThrow(/failures\.0\.kind.*only cause crashes/)
})
