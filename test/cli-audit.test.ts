import { cpSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import * as z from 'zod'
import { readRows, writeRows } from '../runtime/folders/rows-file.ts'
import { withRowsSwapped } from '../runtime/jobs/audit.test-helper.ts'
import { type Audit, auditSchema, type Result } from '../sim/documents/index.ts'
import { DECLARED } from './scenarios.ts'
import { commandsIn, expectRefusal, filesIn, put, readJson, temporaryFolder } from './spillway.ts'
import { expectExitBy } from './verdict-exit.ts'

/** Audits of rows from simulations; `live-*.test.ts` have those of replays. */

const folder = temporaryFolder()
const { run } = commandsIn(folder)
const ROWS = 'replication-1.parquet'
const JOURNAL = 'replication-1.journal.jsonl'

put(folder, 'declared.yaml', DECLARED)

async function simulated(out: string, ...args: string[]): Promise<void> {
  const ended = await run('simulate', 'declared.yaml', '--keep-rows', '--out', out, ...args)
  expectExitBy(readJson(join(folder, out, 'simulated.json')), ended)
}

async function audited(out: string, code: number): Promise<Audit> {
  const ended = await run('audit', out, '--json')
  expect(ended.code, ended.stderr + ended.stdout).toBe(code)
  return auditSchema.parse(JSON.parse(ended.stdout))
}

/** A copy of the kept rows, to be damaged. */
function copy(name: string): string {
  cpSync(join(folder, 'kept'), join(folder, name), { recursive: true })
  return join(folder, name)
}

const linesOf = (path: string) => readFileSync(path, 'utf8').trimEnd().split('\n')

beforeAll(() => simulated('kept', '--replications', '1'))

test('simulate keeps the scenario, requests, rows and decision log of its first replication', async () => {
  const documents = ['report.html', 'requests.jsonl', 'scenario.json', 'simulated.json']
  const names = [JOURNAL, ROWS, ...documents]
  expect(filesIn(join(folder, 'kept'))).toEqual(names)
  await run('requests', 'declared.yaml', '--out', 'exported')
  const requests = readFileSync(join(folder, 'exported/requests.jsonl'), 'utf8')
  expect(readFileSync(join(folder, 'kept/requests.jsonl'), 'utf8')).toBe(requests)
})

test('a simulation keeps every rule, repeats its decisions and reports the figures of its rows', async () => {
  const ended = await run('audit', 'kept')
  expect(ended).toMatchObject({ code: 0, stderr: '' })
  const lines = ended.stdout.trimEnd().split('\n')
  expect(lines[0]).toMatch(/^declared \([0-9a-f]{16}\)$/)
  expect(ended.stdout).toMatch(/^rule +checked +violations +promise$/m)
  expect(ended.stdout).toMatch(/^order +[\d,]+ +0 +\w.*$/m)
  expect(ended.stdout).toMatch(/^decision log: [\d,]+ entries fed back, identical decisions$/m)
  expect(ended.stdout).toMatch(/^simulated\.json: (\d+) of \1 figures hold$/m)
  expect(lines.at(-1)).toMatch(
    /^PASS {2}\d+ rules kept by every row of 1 run; 1 decision log fed back/,
  )
})

test('the document matches its published schema', async () => {
  const document = await audited('kept', 0)
  const published = await run('schema', '--document', 'audit')
  const schema = z.fromJSONSchema(JSON.parse(published.stdout))
  expect(schema.safeParse(document).error?.issues ?? []).toEqual([])
  expect(schema.safeParse({ ...document, format: 2 }).success).toBe(false)
  const result = readJson(join(folder, 'kept/simulated.json')) as Result
  expect(document).toMatchObject({
    scenario: result.scenario,
    requests: result.requests,
    verdict: 'PASS',
    command: 'spillway audit kept --json',
  })
})

test('of several replications only the first is kept, and means are not compared with it', async () => {
  await simulated('several', '--replications', '3')
  for (const name of [ROWS, JOURNAL, 'requests.jsonl']) {
    expect(readFileSync(join(folder, 'several', name))).toEqual(
      readFileSync(join(folder, 'kept', name)),
    )
  }
  expect((await audited('several', 0)).claims).toEqual([])
})

describe('an audit fails', () => {
  test('on rows of which two are exchanged, and names them', async () => {
    const path = join(copy('exchanged'), ROWS)
    const keptRun = { ...(await readRows(path)), journal: new Float64Array(0) }
    await writeRows(path, withRowsSwapped(keptRun, 1000, 1100))
    const { runs, reason, claims } = await audited('exchanged', 4)
    const rows = runs[0]!.rules.flatMap(({ first }) => first.flatMap((violation) => violation.rows))
    expect(rows).toEqual(expect.arrayContaining([1000, 1100]))
    expect(runs[0]!.journal!.differences[0]).toMatch(/^row 1000: /)
    expect(reason).toMatch(
      /^replication-1 breaks .*; the decision log of replication-1 leads to other/,
    )
    // the same requests, in another order
    expect(claims.every(({ holds }) => holds)).toBe(true)
    const { stdout } = await run('audit', 'exchanged')
    expect(stdout).toMatch(/^ {2}[\w-]+: rows? .*\b1000\b/m)
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/^FAIL {2}replication-1 breaks /)
  })

  test('on a decision log with a changed time, or a truncated one', async () => {
    const path = join(copy('journal'), JOURNAL)
    const lines = linesOf(path)
    const entry = JSON.parse(lines[500]!) as { now: number }
    const later = JSON.stringify({ ...entry, now: entry.now + 1e-6 })
    for (const changed of [lines.with(500, later), lines.slice(0, 500)]) {
      put(join(folder, 'journal'), JOURNAL, `${changed.join('\n')}\n`)
      const { runs, reason } = await audited('journal', 4)
      expect(runs[0]!.rules.every(({ violations }) => violations === 0)).toBe(true)
      expect(runs[0]!.journal!.differences.length).toBeGreaterThan(0)
      expect(reason).toBe('the decision log of replication-1 leads to other decisions')
    }
  })

  test('on a document with a wrong figure, and names it', async () => {
    const out = copy('figures')
    const result = readJson(join(out, 'simulated.json')) as Result
    result.classes[0]!.counts.served++
    put(out, 'simulated.json', JSON.stringify(result))
    const ended = await run('audit', 'figures')
    expect(ended).toMatchObject({ code: 4, stderr: '' })
    const { served } = result.classes[0]!.counts
    const [stated, rows] = [served, served - 1].map((n) => n.toLocaleString('en-US'))
    const line = `  served of class web: states ${stated}, rows give ${rows}`
    expect(ended.stdout.split('\n')).toContain(line)
    expect(ended.stdout).toMatch(/^FAIL {2}simulated\.json states 1 figure that the rows do not/m)
  })
})

describe('an audit is refused', () => {
  const refused = async (out: string, words: string | RegExp) => {
    const ended = await run('audit', out)
    expectRefusal(ended, 3, folder)
    expect(ended.stderr).toMatch(words)
  }

  test('in a folder that is missing or has no rows', async () => {
    await refused('nowhere', /nowhere: no such folder/)
    mkdirSync(join(folder, 'bare'))
    await refused('bare', /bare: has no raw rows; keep them with run, replay --out DIR or /)
    for (const name of ['scenario.json', 'requests.jsonl']) {
      cpSync(join(folder, 'kept', name), join(folder, 'bare', name))
    }
    await refused('bare', /bare: has no raw rows; keep them with run, replay --out DIR or /)
  })

  test('if a part is damaged, which is named', async () => {
    const out = copy('broken')
    put(out, JOURNAL, `${linesOf(join(out, JOURNAL)).with(6, '{"now":7}').join('\n')}\n`)
    await refused('broken', /journal\.jsonl:7: expected an entry of a decision log, got {"now":7}/)
    put(out, ROWS, 'no rows')
    await refused('broken', /replication-1\.parquet: not the rows/)
    put(out, 'requests.jsonl', '{}\n')
    await refused('broken', /requests\.jsonl:1: /)
    put(out, 'scenario.json', '{}')
    await refused('broken', /scenario\.json:1:1 spillway: expected 1, got nothing/)
  })

  test('if a document belongs to another scenario or to other requests', async () => {
    const out = copy('mixed')
    const result = readJson(join(out, 'simulated.json')) as Result
    put(out, 'simulated.json', JSON.stringify({ ...result, requests: 'others' }))
    await refused(
      'mixed',
      /mixed\/simulated\.json: is of other requests than mixed\/requests\.jsonl/,
    )
    const scenario = { ...result.scenario, hash: 'another' }
    put(out, 'simulated.json', JSON.stringify({ ...result, scenario }))
    await refused(
      'mixed',
      /mixed\/simulated\.json: is of scenario another, but .*scenario\.json is /,
    )
  })

  test('before any work if rows cannot be written', async () => {
    const ended = await run('simulate', 'declared.yaml', '--keep-rows')
    expectRefusal(ended, 2, folder)
    expect(ended.stderr).toContain('--keep-rows: has no folder for its files; add --out DIR')
  })
})
