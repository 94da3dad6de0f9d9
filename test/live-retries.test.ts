import { expect, test } from 'vitest'
import { OUTCOME, REFUSAL } from '../sim/serving/index.ts'
import { replaysIn } from './live-replay.ts'
import { changed, TINY } from './scenarios.ts'
import { commandsIn, put, temporaryFolder } from './spillway.ts'

/** Retries by the proxy of a pool whose executors are really killed; no test depends on speed. */

const folder = temporaryFolder()
const replayed = replaysIn(folder)

const base = changed(
  TINY,
  ['duration_s: 3', 'duration_s: 10'],
  ['warmup_s: 0.5', 'warmup_s: 0'],
  ['rate_rps: 150', 'rate_rps: 500'],
  // batches that take so long that most kills meet one
  ['layers: 2, width: 64', 'layers: 8, width: 1024'],
)
const scenario = (proxy: string) => `${changed(base, [
  'model: mlp',
  `model: mlp\n    replicas: 2\n    queue: { mode: per-replica }\n    ${proxy}`,
])}
failures:
  - { kind: crash, every_s: 2, restart_s: { distribution: fixed, value: 0.3 } }
`

test('a replay sends what a killed replica had to the other one, and counts each request once', async () => {
  const proxy = 'retry_policy: {}\n    circuit_breakers: { max_retries: 1000 }'
  const { result, rows } = await replayed('retried', scenario(proxy))
  const [pool] = result.pools
  const { arrived, in_flight, ...ends } = pool!.counts
  const retried = rows.outcome.filter((outcome) => outcome === OUTCOME.retried).length
  expect(pool!.availability!.losses).toBeGreaterThan(1)
  expect(retried).toBeGreaterThan(0)
  expect(pool!.proxy_retries!.sent).toBe(retried)
  expect(arrived).toBe(rows.outcome.length - retried)
  expect(in_flight).toBe(0)
  expect(Object.values(ends).reduce((a, b) => a + b, 0)).toBe(arrived)
})

test('a replay refuses what the circuit breaker of a pool refuses', async () => {
  const text = changed(base, [
    'model: mlp',
    'model: mlp\n    circuit_breakers: { max_requests: 1 }',
  ])
  const { result, rows } = await replayed('broken', text)
  const refused = rows.refusal.filter((why) => why === REFUSAL.overflow).length
  expect(refused).toBeGreaterThan(0)
  expect(result.pools[0]!.shed_by.overflow).toBe(refused)
})

test('a list of requests in advance is refused, as retries depend on how requests end', async () => {
  const { run } = commandsIn(folder)
  put(folder, 'compared.yaml', changed(base, ['model: mlp', 'model: mlp\n    retry_policy: {}']))
  const { code, stderr } = await run('requests', 'compared.yaml')
  expect(code).toBe(3)
  expect(stderr).toContain('what its clients send depends on how their requests end')
})
