import { mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { SweepManifest, SweepRow } from '../../../sim/documents/index.ts'
import { put, temporaryFolder } from '../../../test/spillway.ts'
import { writeManifest } from '../../folders/sweep-folder.ts'
import { JOURNAL_FILE } from '../../folders/sweep-journal.ts'
import { mergeShards } from './merge.ts'
import { numbersOf, planSweep, type Shard } from './sweep-plan.ts'

const folder = temporaryFolder()
const at = (name: string) => join(folder, name)

async function shard(name: string, part: Shard | null, change: Partial<SweepManifest> = {}) {
  const request = { path: 'overload', set: ['seed=1..5'], replications: 2 }
  const { manifest } = await planSweep(request)
  const plan = { ...manifest, ...change, shard: part }
  const rows = [...numbersOf(plan)].map(
    (configuration): SweepRow => ({
      configuration,
      values: [String(configuration)],
      status: 'invalid',
      reason: 'a test',
      scenario: null,
      figures: null,
    }),
  )
  mkdirSync(at(name))
  await writeManifest(at(name), plan)
  put(folder, `${name}/${JOURNAL_FILE}`, rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
  return rows
}

await shard('one', { index: 1, of: 2 })
await shard('two', { index: 2, of: 2 })
await shard('whole', null)
await shard('thirds', { index: 2, of: 3 })
await shard('of-many', { index: 9, of: 10_000 })
await shard('other-whole', null, { seed: 9 })
await shard('seeded', { index: 2, of: 2 }, { seed: 9, version: '9.9.9' })
const rows = await shard('cut', { index: 2, of: 2 })
put(folder, `cut/${JOURNAL_FILE}`, `${JSON.stringify(rows[0])}\n`)
// the rows of another shard
await shard('mixed', { index: 2, of: 2 })
put(folder, `mixed/${JOURNAL_FILE}`, `${JSON.stringify({ ...rows[0], configuration: 1 })}\n`)
// the rows of another plan, which have the same numbers
const same = await shard('same', { index: 2, of: 2 })
const others = same.map((row) => ({ ...row, values: [`1${row.values[0]}`] }))
put(folder, `same/${JOURNAL_FILE}`, others.map((row) => `${JSON.stringify(row)}\n`).join(''))
symlinkSync(at('two'), at('link'))
symlinkSync(folder, at('here'))

test('shards of one plan are joined in its order', async () => {
  const shards = [at('two'), at('one')]
  const { document, manifest, close } = await mergeShards(shards, { directory: at('out') })
  expect(manifest.shard).toBeNull()
  expect(document.rows.map(({ configuration }) => configuration)).toEqual([1, 2, 3, 4, 5])
  await close()
})

test.each<[string[], number, RegExp]>([
  [['one'], 3, /shard 2\/2 is missing/],
  [['of-many'], 3, /^shards 1–8, 10–10000 of 10000 are missing; name their folders, too$/],
  [['one', 'two', 'two'], 3, /shard 2\/2 is there 2 times: \S+two, \S+two/],
  [['whole', 'one'], 3, /whole: holds a whole sweep/],
  [['one', 'nowhere'], 3, /nowhere: holds no sweep/],
  [['one', 'cut'], 3, /cut: 1 of 2 configurations is missing; .* --shard 2\/2 --resume --out /],
  [['one', 'same'], 3, /same\/journal.jsonl: 2 rows are of another plan and do not count/],
  [['one', 'mixed'], 3, /mixed: 2 of 2 configurations are missing/],
  [['one', 'thirds'], 6, /thirds: another sweep than \S+one: shards: 2 there, 3 here/],
  [['one', 'seeded'], 6, /version: \S+ there, 9\.9\.9 here\n.*seed: 5 there, 9 here/],
  [['one', 'out'], 2, /is the folder of a shard/],
])('%j is refused', async (names, exitCode, reason) => {
  const merged = mergeShards(names.map(at), { directory: at('out') })
  const refusal = await merged.catch((error: unknown) => error)
  expect(refusal).toMatchObject({ exitCode, message: expect.stringMatching(reason) })
})

test.each([
  ['link', /--out \S+link: is the folder of a shard/],
  ['here/two', /--out \S+two: is the folder of a shard/],
  ['seeded', /--out \S+seeded: holds shard 2\/2 of another sweep/],
  ['other-whole', /--out \S+other-whole: holds another sweep \(seed: 9 there, 5 here\)/],
])('merging into the folder %s replaces no shard and no other sweep', async (out, reason) => {
  const before = readdirSync(at(out))
  const merged = mergeShards([at('one'), at('two')], { directory: at(out) })
  const refusal = await merged.catch((error: unknown) => error)
  expect(refusal).toMatchObject({ exitCode: 2, message: expect.stringMatching(reason) })
  expect(readdirSync(at(out))).toEqual(before)
})

test('the folder of the whole is locked until its files are written', async () => {
  const [shards, out] = [[at('one'), at('two')], at('locked')]
  const options = { directory: out }
  const { close } = await mergeShards(shards, options)
  await expect(mergeShards(shards, options)).rejects.toThrow(
    /locked: process \d+ writes a sweep there/,
  )
  await close()
  await (await mergeShards(shards, options)).close()
  expect(readdirSync(out)).toEqual([])
})
