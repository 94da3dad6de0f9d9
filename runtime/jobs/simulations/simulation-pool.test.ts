import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { EXIT } from '../../../scenarios/index.ts'
import { SimulationPool } from './simulation-pool.ts'
import { closeSimulations, processesFor } from './simulation-processes.ts'

const folders = ['a', 'b'].map(() => mkdtempSync(join(tmpdir(), 'spillway-pool-')))

afterAll(() => {
  closeSimulations()
  for (const folder of folders) rmSync(folder, { recursive: true })
})

const base = { path: 'overload', set: ['duration_s=22'] }
const set = ['pools.0.replicas=2']

test('there are no more processes than cores or replications', () => {
  const cores = availableParallelism()
  expect(processesFor(1, 2000)).toBe(1)
  expect(processesFor(1e6, 2000)).toBe(cores)
  expect(processesFor(1e6, undefined)).toBe(cores)
  expect(processesFor(1e6, 1)).toBe(1)
})

test('a request that waits alone is shared among processes, with the same figures', async () => {
  const simulated = async (workers: number) => {
    const pool = new SimulationPool({ base, workers })
    const shares: number[] = []
    const onShare = (share: number) => shares.push(share)
    const runs = await pool.simulate({ set, from: 2, to: 7 }, { onShare })
    pool.close()
    expect(shares).toEqual(shares.toSorted((a, b) => a - b))
    return runs
  }
  const runs = await simulated(2)
  expect(runs.runs).toHaveLength(5)
  expect(await simulated(1)).toEqual(runs)
})

test('what has not ended fails as interrupted where a pool closes, and nothing is asked after it', async () => {
  const pool = new SimulationPool({ base, workers: 1 })
  const long = { set: ['duration_s=1e6'], from: 0, to: 1 }
  const ends = [long, { ...long, from: 1, to: 2 }].map((request) => pool.simulate(request))
  setTimeout(() => pool.close(), 50)
  const interrupted = { exitCode: EXIT.interrupted }
  await Promise.all(ends.map((end) => expect(end).rejects.toMatchObject(interrupted)))
  await expect(pool.simulate(long)).rejects.toMatchObject(interrupted)
})

test('a path starts at the folder in which its pool began, whatever earlier pools left', async () => {
  const directory = process.cwd()
  const hashes = new Set<string>()
  try {
    for (const [i, folder] of folders.entries()) {
      writeFileSync(
        join(folder, 's.yaml'),
        `spillway: 1
name: s${i}
duration_s: 10
models: { m: { work: { law: constant, ms: 1 } } }
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: 10 } }]
pools: [{ name: p, model: m }]
`,
      )
      process.chdir(folder)
      const pool = new SimulationPool({ base: { path: 's.yaml', set: [] }, workers: 1 })
      const { hash } = await pool.simulate({ set: [], from: 0, to: 1 })
      hashes.add(hash)
      pool.close()
    }
  } finally {
    process.chdir(directory)
  }
  expect(hashes.size).toBe(2)
})
