import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { beforeAll, describe, expect, test } from 'vitest'
import { fuzzSql } from '../tools/fuzz/sql.ts'
import { processesWith } from './command-line.ts'
import { DECLARED } from './scenarios.ts'
import { commandsIn, expectRefusal, filesIn, put, readJson, temporaryFolder } from './spillway.ts'

/** SQL over the table of a sweep reads that table, and nothing else. */

const folder = temporaryFolder()
const { run, start } = commandsIn(folder)

/** Processor time of a statement, ms. */
const LIMIT_MS = 20_000
/** More than the statements of the list: some are put into others. */
const STATEMENTS = 70

beforeAll(async () => {
  put(folder, 'declared.yaml', DECLARED)
  const sweep = ['sweep', 'declared.yaml', '--replications', '1', '--set', 'duration_s=12']
  const ended = await run(...sweep, '--set', 'seed=1..4', '--out', 'swept')
  expect(ended.code, ended.stderr).toBe(0)
})

test('hostile SQL reads no other file, writes none and changes no setting', async () => {
  const options = { seed: 30, count: STATEMENTS, limitMs: LIMIT_MS }
  const { findings, codes } = await fuzzSql(temporaryFolder(), options)
  expect(findings).toEqual([])
  expect([...codes.keys()].sort()).toEqual([0, 3])
})

test.each([
  ["select * from read_text('../declared.yaml')", /Permission Error|disabled/],
  ["copy results to '../copy.csv'", /Permission Error|disabled/],
  ['install httpfs', /disabled|locked/i],
  ['set enable_external_access = true', /locked|while database is running/],
])('%s is refused', async (sql, reason) => {
  const before = filesIn(folder)
  const ended = await run('query', 'swept', sql)
  expectRefusal(ended, 3, folder)
  expect(ended.stderr).toMatch(reason)
  expect(filesIn(folder)).toEqual(before)
})

const rowsOf = async (directory: string, sql: string) => {
  const ended = await run('query', directory, sql, '--json')
  expect(ended.code, ended.stderr).toBe(0)
  return JSON.parse(ended.stdout) as Record<string, unknown>[]
}

describe('a statement', () => {
  test.each([
    ['describe results', 'column_name', 'seed'],
    ['summarize results', 'column_name', 'seed'],
    ['show tables', 'name', 'results'],
    ["pragma table_info('results')", 'name', 'seed'],
  ])('may be %s', async (sql, column, value) => {
    const rows = await rowsOf('swept', sql)
    expect(rows.map((row) => row[column])).toContain(value)
  })

  test.each([
    ['from results select seed order by seed limit 1', [{ seed: 1 }]],
    ['pivot (select status from results) on status using count(*)', [{ done: '4' }]],
    ['with one as (select max(seed) as top from results) select top from one', [{ top: 4 }]],
    ['create macro double(x) as 2 * x; select double(max(seed)) as d from results', [{ d: 8 }]],
    [
      'create table mine as from results where seed > 2; select count(*) as n from mine',
      [{ n: '2' }],
    ],
    ['select seed as a, seed as a from results order by 1 limit 1', [{ a: 1, 'a:1': 1 }]],
    ['select 1 where false', []],
  ])('may be %s', async (sql, rows) => {
    expect(await rowsOf('swept', sql)).toEqual(rows)
  })

  test('that has more values than fit into an answer is refused before it has them', async () => {
    const ended = await run('query', 'swept', 'select * from range(1000000000000)')
    expectRefusal(ended, 3, folder)
    expect(ended.stderr).toMatch(/the answer has more than 5,000,000 values; add a limit/)
  })

  test.each(['', ';', '/* nothing */', 'selec', "select 'open"])('%j is refused', async (sql) => {
    expectRefusal(await run('query', 'swept', sql), 3, folder)
  })
})

test('the name of a folder is no pattern, and no column', async () => {
  const names = ['a1', 'a[12]', 'a*', '*', 'a?', '{a,b}', 'x=5', "it's", 'a b', '~', 'é', '**']
  mkdirSync(join(folder, 'names'))
  for (const name of names) {
    cpSync(join(folder, 'swept'), join(folder, 'names', name), { recursive: true })
  }
  const columns = "select count(*) from duckdb_columns() where column_name = 'x'"
  for (const name of names) {
    const sql = `select count(*) as n, min(seed) as s, (${columns}) as x from results`
    expect(await rowsOf(`names/${name}`, sql), name).toEqual([{ n: '4', s: 1, x: '0' }])
  }
})

describe('Ctrl-C', () => {
  const ENDLESS = 'select sum(a.range * b.range) from range(10000000) a, range(10000000) b'
  const cache = `SPILLWAY_CACHE=${join(folder, 'cache')}`
  const querying = () =>
    processesWith(cache).filter(({ command }) => command.includes('query-process'))

  test.each([1, 2])('ends a long statement, sent %i times', async (times) => {
    const { child, ended } = start(['query', 'swept', ENDLESS])
    while (querying().length === 0 && child.exitCode === null) await wait(5)
    for (let i = 0; i < times; i++) child.kill('SIGINT')
    const { code, stdout } = await ended
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' })
    // the process of the statement ends, too
    while (querying().length > 0) await wait(5)
  })
})

test('a table that is no Parquet file is refused', async () => {
  cpSync(join(folder, 'swept'), join(folder, 'damaged'), { recursive: true })
  const table = join(folder, 'damaged/results.parquet')
  for (const bytes of [new Uint8Array(), readFileSync(table).subarray(0, 1000)]) {
    writeFileSync(table, bytes)
    const ended = await run('query', 'damaged', 'from results')
    expectRefusal(ended, 3, folder)
  }
  expect(readJson(join(folder, 'damaged/manifest.json'))).toBeDefined()
})
