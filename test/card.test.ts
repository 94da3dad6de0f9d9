import { join } from 'node:path'
import { expect, test } from 'vitest'
import { prepare } from '../runtime/jobs/prepare.ts'
import { resolveSystem, runReplication } from '../sim/experiment/index.ts'
import { ROOT } from './spillway.ts'

/**
 * Conclusions of the library scenarios of a card of 24 GB: two replicas or one with larger batches,
 * and which models stay loaded.
 */

const REPLICATIONS = 3
const CACHING = 'pools.embed.memory={ allocator: caching, device: card }'

async function simulated(name: string, set: readonly string[] = []) {
  const prepared = await prepare(join(ROOT, `scenarios/library/${name}.yaml`), { set })
  const input = resolveSystem(prepared, null)
  const runs = Array.from({ length: REPLICATIONS }, (_, i) => runReplication(input, i))
  const sum = (figureOf: (run: (typeof runs)[number]) => number) =>
    runs.reduce((total, run) => total + figureOf(run), 0)
  const counts = runs.map(({ memory }) => memory[0]!.counts)
  return {
    requests: runs.map(({ requests }) => requests),
    lost: sum(({ classes }) => classes[0]!.counts.failed + classes[0]!.counts.shed),
    meanMs: sum(({ all }) => all.mean) / REPLICATIONS,
    fragmentation: counts.reduce((total, space) => total + space.fragmentation, 0),
    shortage: counts.reduce((total, space) => total + space.shortage + space.oversize, 0),
  }
}

test('two arenas lose requests by fragmentation alone; without it two replicas are the better choice', async () => {
  const [single, two, cached, twoCached] = await Promise.all([
    simulated('card-batch-32'),
    simulated('card-two-replicas'),
    simulated('card-batch-32', [CACHING]),
    simulated('card-two-replicas', [CACHING]),
  ])
  for (const option of [two, cached, twoCached]) expect(option.requests).toEqual(single.requests)
  expect([single.lost, single.fragmentation]).toEqual([0, 0])
  expect(two.lost).toBeGreaterThan(100)
  expect(two.fragmentation).toBeGreaterThan(10)
  expect(two.shortage).toBe(0)
  expect([cached.lost, twoCached.lost]).toEqual([0, 0])
  expect(twoCached.meanMs).toBeLessThan(0.6 * cached.meanMs)
})

test('with large models in alternation, lru evicts small ones in vain; lfu keeps them', async () => {
  const path = join(ROOT, 'scenarios/library/model-swapping.yaml')
  async function under(eviction: string) {
    const set = [`devices.card.residency.eviction=${eviction}`]
    const input = resolveSystem(await prepare(path, { set }), null)
    const { classes, memory, requests } = runReplication(input, 0)
    const { residency, cold } = memory[0]!
    const means = classes.map(({ latency }) => latency.mean)
    return { requests, loads: residency!.loads, waited: cold!.part, means }
  }
  const [lru, aware, lfu] = [await under('lru'), await under('cost-aware'), await under('lfu')]
  for (const option of [aware, lfu]) expect(option.requests).toEqual(lru.requests)
  expect(aware.loads).toBeLessThan(0.8 * lru.loads)
  expect(lfu.loads).toBeLessThan(0.95 * aware.loads)
  expect(lfu.waited).toBeLessThan(0.7 * lru.waited)
  // search and rerank
  expect(lfu.means[0]).toBeLessThan(0.8 * lru.means[0]!)
  expect(lfu.means[1]).toBeLessThan(0.6 * lru.means[1]!)
})
