import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Failure } from '../../scenarios/index.ts'
import type { SweepManifest } from '../../sim/documents/index.ts'
import { put, temporaryFolder } from '../../test/spillway.ts'
import { planSweep } from '../jobs/sweep/sweep-plan.ts'
import { expectResults, readManifest, writeManifest } from './sweep-folder.ts'

const folder = temporaryFolder()
let folders = 0

function next(): string {
  const directory = join(folder, String(++folders))
  mkdirSync(directory)
  return directory
}

const { manifest } = await planSweep({ path: 'overload', set: ['seed=1..3'], replications: 1 })

test('a plan is written to a folder once', async () => {
  const directory = next()
  expect(await readManifest(directory)).toBeNull()
  const other = { ...manifest, seed: 9 }
  const wrote = await Promise.all([manifest, other].map((plan) => writeManifest(directory, plan)))
  expect(wrote.filter(Boolean)).toHaveLength(1)
  expect(await readManifest(directory)).toEqual(wrote[0] ? manifest : other)
})

const lists = (count: number, length: number) =>
  Array.from({ length: count }, () => Array.from({ length }, (_, i) => String(i)))
const names = (count: number) => Array.from({ length: count }, (_, i) => `a.b${i}`)

test.each<[string, Partial<SweepManifest>, string]>([
  ['a grid and points', { points: [['1']] }, 'has to have either a grid or points'],
  ['neither', { grid: null }, 'has to have either a grid or points'],
  ['values of other paths', { paths: ['seed', 'x'] }, 'has values of other paths'],
  ['points without paths', { grid: null, points: [['1', '2']] }, 'has points with more or fewer'],
  ['no points', { grid: null, points: [] }, 'has 0 configurations, expected 1 to 1,000,000'],
  ['many', { paths: names(7), grid: lists(7, 10) }, 'has 10,000,000 configurations'],
  ['a shard of many', { shard: { index: 1, of: 1e9 } }, 'has 1,000,000,000 shards, expected at'],
  ['endless', { paths: names(400), grid: lists(400, 10) }, 'has ∞ configurations'],
])('a plan with %s is refused', async (_, change, problem) => {
  const directory = next()
  put(directory, 'manifest.json', JSON.stringify({ ...manifest, ...change }))
  await expect(readManifest(directory)).rejects.toThrow(`manifest.json: ${problem}`)
})

test('a plan that could not be read again is not written', async () => {
  const directory = next()
  const points = Array.from({ length: 10_000 }, () => ['x'.repeat(7000)])
  const plan = { ...manifest, grid: null, points }
  await expect(writeManifest(directory, plan)).rejects.toThrow(
    /manifest\.json: the plan takes 7\d,\d{3},\d{3} characters, at most 64,000,000 can be kept; give/,
  )
  expect(await readManifest(directory)).toBeNull()
})

test('a plan behind a link, and one that is no file, are refused', async () => {
  const [real, linked, piped] = [next(), next(), next()]
  await writeManifest(real, manifest)
  symlinkSync(join(real, 'manifest.json'), join(linked, 'manifest.json'))
  await expect(readManifest(linked)).rejects.toThrow('is a symbolic link')
  execFileSync('mkfifo', [join(piped, 'manifest.json')])
  await expect(readManifest(piped)).rejects.toBeInstanceOf(Failure)
})

test('a table that is no file is refused', async () => {
  const directory = next()
  execFileSync('mkfifo', [join(directory, 'results.parquet')])
  await expect(expectResults(directory)).rejects.toThrow('results.parquet: cannot be read: a pipe')
  put(folder, 'results.parquet', 'x')
  await expectResults(folder)
  await expect(expectResults(join(folder, 'nowhere'))).rejects.toThrow('nowhere: no such folder')
})
