import { cpSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { beforeAll, expect, test } from 'vitest'
import { faultsOf, ofKind, parseTrace } from '../reports/timeline/timeline.test-helper.ts'
import { readRows, writeRows } from '../runtime/folders/rows-file.ts'
import { hashOf } from '../scenarios/index.ts'
import { DECLARED, scenarioOf } from './scenarios.ts'
import { commandsIn, expectRefusal, filesIn, put, readJson, temporaryFolder } from './spillway.ts'
import { expectExitBy } from './verdict-exit.ts'

const folder = temporaryFolder()
const { run } = commandsIn(folder)
const at = (name: string) => join(folder, name)
const ROWS = 'replication-1.parquet'
const FILE = 'replication-1.timeline.json.gz'

put(folder, 'declared.yaml', DECLARED)

const simulated = (out: string, ...args: string[]) =>
  run('simulate', 'declared.yaml', '--replications', '1', '--keep-rows', '--out', out, ...args)

const unzipped = (path: string) => gunzipSync(readFileSync(at(path))).toString()

beforeAll(async () => {
  const ended = await simulated('kept')
  expectExitBy(readJson(at('kept/simulated.json')), ended)
})

test('the timeline of kept rows is written beside them, and keeps every law of its rows', async () => {
  const ended = await run('timeline', 'kept', '--json')
  expect(ended).toMatchObject({ code: 0, stderr: '' })
  const trace = parseTrace(unzipped(`kept/${FILE}`))
  const { rows } = await readRows(at(`kept/${ROWS}`))
  const scenario = scenarioOf(DECLARED)
  const slices = ofKind(trace, 'X').filter(({ cat }) => cat === 'batch')
  const members = slices.reduce((sum, { args }) => sum + (args.size as number), 0)
  expect(members).toBe(rows.columns.batch.filter((number) => number >= 0).length)
  const small = slices.every(({ args }) => (args.size as number) <= 16)
  const faults = faultsOf(trace, { scenario, columns: rows.columns, engines: false })
  expect(small).toBe(true)
  expect(faults).toEqual([])
  expect(trace.otherData).toMatchObject({ run: 'replication-1', scenario_hash: hashOf(scenario) })
  expect(JSON.parse(ended.stdout)).toMatchObject({
    written: `kept/${FILE}`,
    run: 'replication-1',
    requests: rows.count,
    counts: { events: trace.traceEvents.length, batches: slices.length },
  })
})

test('plain JSON is the same text, a run is chosen by name, and --out is a folder', async () => {
  const words = ['--run', 'replication-1', '--plain', '--out', 'apart']
  const ended = await run('timeline', 'kept', ...words)
  expect(ended).toMatchObject({ code: 0, stderr: '' })
  expect(ended.stdout).toContain('apart/replication-1.timeline.json: open it in')
  expect(readFileSync(at('apart/replication-1.timeline.json'), 'utf8')).toBe(
    unzipped(`kept/${FILE}`),
  )
  expect(filesIn(at('apart'))).toEqual(['replication-1.timeline.json'])
})

test('another run of the scenario removes the timeline of the one before', async () => {
  cpSync(at('kept'), at('again'), { recursive: true })
  expect(existsSync(at(`again/${FILE}`))).toBe(true)
  await simulated('again', '--seed', '8')
  expect(filesIn(at('again'))).not.toContain(FILE)
  expect(filesIn(at('again'))).toContain(ROWS)
})

test('a run that is not there, and a window without length, are refused with what is', async () => {
  const missing = await run('timeline', 'kept', '--run', 'replication-2')
  expectRefusal(missing, 2, folder)
  expect(missing.stderr).toContain(
    'kept has rows of replication-1 only; did you mean replication-1?',
  )
  const empty = await run('timeline', 'kept', '--from-s', '2', '--to-s', '2')
  expectRefusal(empty, 2, folder)
  expect(empty.stderr).toContain('--from-s 2: is not before --to-s 2')
})

test('a folder with documents and no rows is refused with what keeps rows', async () => {
  await run('simulate', 'declared.yaml', '--replications', '1', '--out', 'rowless')
  const ended = await run('timeline', 'rowless')
  expectRefusal(ended, 3, folder)
  expect(ended.stderr).toContain('has no raw rows; keep them with')
})

test('a batch with a number that no run gives is refused by its row', async () => {
  cpSync(at('kept'), at('strange'), { recursive: true })
  const keptRun = await readRows(at(`kept/${ROWS}`))
  const row = keptRun.rows.columns.batch.findIndex((number) => number >= 0)
  keptRun.rows.columns.batch[row] = 2 ** 31 - 1
  await writeRows(at(`strange/${ROWS}`), keptRun)
  const ended = await run('timeline', 'strange')
  expectRefusal(ended, 3, folder)
  expect(ended.stderr).toContain(`row ${row}, batch: expected a number below`)
})
