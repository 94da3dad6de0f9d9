import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { sweepSchema } from '../../../sim/documents/index.ts'
import { put, readJson, temporaryFolder } from '../../../test/spillway.ts'
import { sweep } from './sweep.ts'

const folder = temporaryFolder()
const SMALL = `spillway: 1
name: small
duration_s: 2
models: { m: { work: { law: constant, ms: 4 } } }
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: 50 } }]
pools: [{ name: central, model: m }]
`
const path = put(folder, 'small.yaml', SMALL)

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

describe('a sweep of uncertain inputs', () => {
  const swept = async (set: string, scenario = path) => {
    const { document, close } = await sweep(
      { path: scenario, set: [set], replications: 1 },
      { workers: 1 },
    )
    await close()
    return document
  }

  test('says that its rows have their stated values', async () => {
    const unknown = put(folder, 'unknown.yaml', SMALL.replace('ms: 4', 'ms: 4 ± 10 %'))
    const document = await swept('seed=1,2', unknown)
    expect(document.rows.map(({ uncertain }) => uncertain)).toEqual([true, true])
    expect(document.warnings).toEqual([expect.stringContaining('some inputs are uncertain')])
    expect(sweepSchema.parse(document)).toEqual(document)
  })

  test('is one by the values of configurations, too, and no other is', async () => {
    const some = await swept('models.m.work.ms=4,5 ± 10 %')
    expect(some.rows.map(({ uncertain }) => uncertain)).toEqual([undefined, true])
    expect(some.warnings).toHaveLength(1)
    const none = await swept('models.m.work.ms=4,5')
    expect(none).not.toHaveProperty('warnings')
    for (const row of none.rows) expect(row).not.toHaveProperty('uncertain')
  })

  test('is none where it includes sources that have no width', async () => {
    const included = put(folder, 'included.yaml', `${SMALL}uncertain: { sources: included }\n`)
    const document = await swept('seed=1,2', included)
    expect(document).not.toHaveProperty('warnings')
    for (const row of document.rows) expect(row).not.toHaveProperty('uncertain')
  })
})
