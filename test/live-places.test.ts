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

test('a replay keeps to bandwidth, loss and outages, as the audit checks', async () => {
  const network =
    'latency_ms: { distribution: fixed, value: 2 }, bandwidth_mbps: 10, sharing: fair, ' +
    'loss: 0.2, retransmit_ms: 5, outages: [{ at_s: 0.2, for_s: 0.1 }]'
  const sized = placed(network).replace('place: shop', 'place: shop\n    request_kib: 4')
  const { rows } = await replayed('shared', sized)
  const far = [...rows.pool.keys()].filter((key) => rows.pool[key] === 0)
  const ways = far.map((key) => rows.sent[key]! - rows.routed[key]!)
  // 4 KiB at 10 Mbit/s, and the latency
  expect(Math.min(...ways)).toBeGreaterThanOrEqual(4 * 0.8192 + 2 - 1e-6)
  expect(ways.filter((ms) => ms > 4 * 0.8192 + 2 + 5).length).toBeGreaterThan(far.length / 20)
  for (const key of far) {
    const routed = rows.routed[key]!
    if (routed >= 200 && routed < 290) expect(rows.sent[key]).toBeGreaterThanOrEqual(302 - 1e-6)
  }
})

test('a replay waits for a link, one request after another', async () => {
  const { rows } = await replayed('link', `${TINY}link: { delay_ms: 3, per_request_ms: 1 }\n`)
  const sent = [...rows.sent].sort((a, b) => a - b)
  expect(sent.length).toBeGreaterThan(50)
  for (const key of rows.sent.keys()) {
    expect(rows.sent[key]! - rows.routed[key]!).toBeGreaterThanOrEqual(4 - 1e-6)
    expect(rows.answered[key]).toBe(rows.done[key])
  }
})
