import { expect, test } from 'vitest'
import { OUTCOME } from '../sim/serving/index.ts'
import { replaysIn } from './live-replay.ts'
import { changed, TINY } from './scenarios.ts'
import { temporaryFolder } from './spillway.ts'

/** Requests that a replay really delays on their way; no test depends on speed. */

const folder = temporaryFolder()
const replayed = replaysIn(folder)

const placed = (network: string) =>
  `${changed(
    TINY,
    ['- class: web', '- class: web\n    place: shop'],
    ['model: mlp', 'model: mlp\n    place: centre'],
  )}
  - { name: edge, model: mlp, place: shop }
router: { policy: random }
places: [{ name: shop }, { name: centre }]
networks: [{ between: [shop, centre], ${network} }]
`

test('a replay delays requests and answers by the latency of their network', async () => {
  const latency = 'latency_ms: { distribution: uniform, min: 8, max: 20 }'
  const { result, rows } = await replayed('delayed', placed(latency))
  const served = [...rows.outcome.keys()].filter((key) => rows.outcome[key] === OUTCOME.served)
  const far = served.filter((key) => rows.pool[key] === 0)
  expect(far.length).toBeGreaterThan(50)
  expect(far.length).toBeLessThan(served.length)
  for (const key of far) {
    expect(rows.sent[key]! - rows.routed[key]!).toBeGreaterThanOrEqual(8 - 1e-6)
    expect(rows.answered[key]! - rows.done[key]!).toBeGreaterThanOrEqual(8 - 1e-6)
  }
  for (const key of served) {
    if (rows.pool[key] === 1) expect(rows.sent[key]).toBe(rows.routed[key])
  }
  const [central, edge] = result.pools
  expect(central!.parts.network!.mean.value).toBeGreaterThan(16)
  expect(edge!.parts.network!.mean.value).toBe(0)
})

test.each([
  ['bandwidth_mbps', 'bandwidth_mbps: 10'],
  ['loss', 'loss: 0.1'],
  ['outages', 'outages: [{ at_s: 1, for_s: 1 }]'],
])('a replay refuses %s by name', async (key, value) => {
  const network = `latency_ms: { distribution: fixed, value: 5 }, ${value}`
  await expect(replayed(key, placed(network))).rejects.toThrow(
    new RegExp(`networks\\.0\\.${key}: remove ${key}: .*simulate supports it`),
  )
})
