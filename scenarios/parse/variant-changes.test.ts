import { expect, test } from 'vitest'
import { parseScenario } from './parse.ts'
import { variantChanges } from './variant-changes.ts'

const TEXT = `spillway: 1
name: s
duration_s: 10
models: { m: { work: { law: constant, ms: 1 } } }
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: 10 }, timeout_ms: 500 }]
pools:
  - { name: a, model: m, batching: { policy: dynamic, max_batch: 8, max_delay_ms: 2 } }
  - { name: b, model: m }
failures: [{ kind: crash, pools: [a], at_s: [2], restart_s: { distribution: fixed, value: 3 }, detection_s: 2 }]
`

function changes(after: readonly string[], before: readonly string[] = []): string[] {
  const side = (set: readonly string[]) => {
    const variant = { name: 'v', set }
    return { scenario: parseScenario(TEXT, { file: 's.yaml', asVariant: variant }).scenario, set }
  }
  return variantChanges(side(before), side(after))
}

test('a stated value is shown, by the names of its path', () => {
  expect(changes(['pools.0.batching.max_batch=4'])).toEqual(['pools.a.batching.max_batch: 8 → 4'])
  expect(changes([])).toEqual([])
})

test('of another policy its name is shown with the stated values, and no default', () => {
  const shorthand = changes(['pools.a.queue.routing=p2c', 'pools.a.queue.mode=per-replica'])
  expect(shorthand).toHaveLength(2)
  expect(shorthand.join()).toMatch(/routing(\.policy)?: .* → p2c/)
  expect(changes(['pools.a.batching={ policy: aimd, max_batch: 8, target_ms: 9 }'])).toEqual([
    'pools.a.batching.policy: dynamic → aimd',
    'pools.a.batching.target_ms: none → 9',
  ])
  expect(changes(['pools.a.batching.policy=fixed', 'pools.a.batching.batch=4'])).toEqual([
    'pools.a.batching.policy: dynamic → fixed',
    'pools.a.batching.batch: none → 4',
  ])
})

test('what only the first variant states is shown, too', () => {
  expect(changes([], ['router.policy=weighted', 'router.weights.a=5'])).toEqual([
    'router.policy: weighted → least-loaded',
    'router.weights.a: 5 → none',
  ])
})

test('of a list without names only the stated part is shown', () => {
  expect(changes(['failures.0.detection_s=1'])).toEqual(['failures.0.detection_s: 2 → 1'])
  const list = changes(['failures=[{ kind: errors, pools: [b], share: 0.1, at_s: [2], for_s: 3 }]'])
  expect(list).toHaveLength(1)
  expect(list[0]).toMatch(
    /^failures: .* → \[\{"at_s":\[2\],"for_s":3,"kind":"errors","pools":\["b"\],"share":0.1\}\]$/,
  )
})

test('of what is removed as a whole its kind is shown, or else every value', () => {
  expect(changes(['traffic.web.timeout_ms=null'])).toEqual(['traffic.web.timeout_ms: 500 → none'])
  expect(changes(['pools.a.batching=null'])[0]).toMatch(/^pools\.a\.batching\.policy: dynamic → /)
})

test('where a fit was made is shown only if none of its values has changed', () => {
  const path = 'models.m.work.efficiency'
  const work = (compute: number, accelerator: string) =>
    `models.m.work={ law: transformer-encoder, layers: 4, hidden: 256, heads: 4, vocabulary: 1000, efficiency: { compute: ${compute}, memory: 0.6, launch_us: 5, fitted: { accelerator: ${accelerator}, precision: fp32, batch: [1, 8], length: [1, 512], error: 0.03, worst: 0.1, source: rows } } }`
  const cards = ['a', 'b'].map((pool) => `pools.${pool}.accelerator=t4`)
  const lengths =
    'traffic.web.input_tokens={ distribution: lognormal, median: 64, p99: 256, max: 384 }'
  const of = (compute: number, accelerator: string) => [
    work(compute, accelerator),
    ...cards,
    lengths,
  ]
  expect(changes(of(0.5, 'a10'), of(0.4, 't4'))).toEqual([`${path}.compute: 0.4 → 0.5`])
  expect(changes(of(0.4, 'a10'), of(0.4, 't4'))).toEqual([`${path}.fitted.accelerator: t4 → a10`])
})
