import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { put, readJson, temporaryFolder } from '../../../test/spillway.ts'
import { sweep } from './sweep.ts'

const folder = temporaryFolder()
const path = put(
  folder,
  'small.yaml',
  `spillway: 1
name: small
duration_s: 2
models: { m: { work: { law: constant, ms: 4 } } }
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: 50 } }]
pools: [{ name: central, model: m }]
`,
)

test('of two sweeps that begin in one folder at the same moment, one is refused', async () => {
  const directory = join(folder, 'both')
  const begun = ['seed=1..4', 'seed=5..8'].map((set) =>
    sweep({ path, set: [set], replications: 1 }, { directory, workers: 1 }),
  )
  const ended = await Promise.allSettled(begun)
  const refusals = ended.flatMap((one) => (one.status === 'rejected' ? [one.reason.message] : []))
  expect(refusals).toEqual([
    expect.stringMatching(/both: process \d+ writes a sweep there; wait until it has ended/),
  ])
  for (const one of ended) if (one.status === 'fulfilled') await one.value.close()
  const { grid } = readJson(join(directory, 'manifest.json')) as { grid: string[][] }
  const lines = readFileSync(join(directory, 'journal.jsonl'), 'utf8').trimEnd().split('\n')
  expect(lines.map((line) => JSON.parse(line).values[0]).sort()).toEqual(grid[0])
  // the lock is given back
  expect(readdirSync(directory).sort()).toEqual(['journal.jsonl', 'manifest.json'])
})
