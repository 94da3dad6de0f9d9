import { afterAll, expect, test } from 'vitest'
import { loadSystem } from '../runtime/jobs/prepare.ts'
import { simulate } from '../runtime/jobs/simulate.ts'
import { SimulationPool } from '../runtime/jobs/simulations/simulation-pool.ts'
import { closeSimulations } from '../runtime/jobs/simulations/simulation-processes.ts'
import { configurationRow } from '../sim/experiment/index.ts'

const POWER = 'pools.0.power={ idle_w: 20, curve: [{ batch: 1, power_w: 60 }] }'
const base = { path: 'overload', set: ['duration_s=22', 'pools.0.price_usd_per_hour=2', POWER] }
const sets = [['pools.0.replicas=1'], ['pools.0.replicas=2'], ['traffic.0.timeout_ms=300']]

afterAll(closeSimulations)

/** Rows of all sets, each asked for in two parts. */
async function rows(workers: number) {
  const pool = new SimulationPool({ base, workers })
  try {
    return await Promise.all(
      sets.map(async (set) => {
        const parts = await Promise.all([
          pool.simulate({ set, from: 0, to: 3 }),
          pool.simulate({ set, from: 3, to: 5 }),
        ])
        return configurationRow(
          parts[0]!,
          parts.flatMap(({ runs }) => runs),
        )
      }),
    )
  } finally {
    pool.close()
  }
}

test('rows of configurations have the figures of simulations, whatever the processes', async () => {
  const parallel = await rows(2)
  expect(await rows(1)).toEqual(parallel)
  for (const [i, set] of sets.entries()) {
    const system = await loadSystem(base.path, { set: [...base.set, ...set] })
    const result = await simulate(system, { replications: 5 })
    const { objectives, classes, pools, cost } = parallel[i]!
    expect(objectives).toEqual(result.objectives)
    for (const [c, { latency, latency_all, goodput_share, counts }] of result.classes.entries()) {
      const { arrived } = counts
      const { name } = result.classes[c]!
      expect(classes[c]).toEqual({ name, arrived, latency, latency_all, goodput_share })
    }
    for (const [p, { name, replicas, utilisation, batch_mean, energy }] of result.pools.entries()) {
      const { power_w, joule_per_request } = energy!
      const powered = { power_w, joule_per_request }
      expect(pools[p]).toEqual({ name, replicas, utilisation, batch_mean, ...powered })
    }
    expect(cost!.usd_per_hour).toBe(2 * system.scenario.pools[0]!.replicas)
  }
})

test('an invalid configuration fails with its reason, and the others are simulated', async () => {
  const pool = new SimulationPool({ base, workers: 1 })
  const bad = pool.simulate({ set: ['pools.0.replicas=0'], from: 0, to: 1 })
  const good = pool.simulate({ set: ['pools.0.replicas=1'], from: 0, to: 1 })
  await expect(bad).rejects.toThrow(/replicas/)
  expect((await good).runs).toHaveLength(1)
  pool.close()
})
