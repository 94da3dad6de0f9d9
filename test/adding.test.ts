import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { ADDED } from './added-kinds.ts'
import { changed } from './scenarios.ts'
import { put, ROOT, temporaryFolder } from './spillway.ts'

/** Adds a dummy of each kind to a copy of the product, as CONTRIBUTING.md has it. */

const FOLDERS = ['sim', 'scenarios', 'runtime', 'reports']
const copy = temporaryFolder()
for (const folder of FOLDERS) {
  cpSync(join(ROOT, folder), join(copy, folder), {
    recursive: true,
    filter: (path) => !/\.(test|test-helper)\.ts$/.test(path),
  })
}
for (const file of ['cli.ts', 'package.json']) cpSync(join(ROOT, file), join(copy, file))
symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'))
const { compilerOptions } = JSON.parse(readFileSync(join(ROOT, 'tsconfig.json'), 'utf8'))
const incremental = { incremental: true, tsBuildInfoFile: 'build-info' }
put(
  copy,
  'tsconfig.json',
  JSON.stringify({
    compilerOptions: { ...compilerOptions, ...incremental },
    include: ['cli.ts', ...FOLDERS],
  }),
)

/** Lines are added after the first place of a text, which must be there. */
function add(path: string, after: string, lines: string): void {
  const file = join(copy, path)
  writeFileSync(file, changed(readFileSync(file, 'utf8'), [after, `${after}${lines}`]))
}

/** The files in which the compiler finds errors, and the first of these. */
function errors(): Promise<{ readonly files: readonly string[]; readonly text: string }> {
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [tsc, '-p', copy, '--pretty', 'false'],
      { cwd: copy, maxBuffer: 1e8 },
      (_error, stdout) => {
        const places = [...stdout.matchAll(/^([^\s(]+)\(\d+,\d+\): error/gm)]
        const files = [...new Set(places.map(([, path]) => path!))].sort()
        resolve({ files, text: stdout.slice(0, 2000) })
      },
    )
  })
}

test('a kind is one file, a line in its table and a branch of the schema', async () => {
  const kinds = Object.values(ADDED)
  for (const { schema, table } of kinds) {
    // files touched outside of its own
    expect(new Set([...schema, table].map(({ path }) => path)).size).toBeLessThan(3)
  }
  for (const { file, code, schema } of kinds) {
    put(copy, file, code)
    for (const { path, after, lines } of schema) add(path, after, lines)
  }
  // the compiler finds each table in which a kind of the schema is forgotten, and nothing else
  const named = kinds.filter(({ schema }) => schema.length > 0)
  const forgotten = await errors()
  expect(forgotten.files, forgotten.text).toEqual(named.map(({ table }) => table.path).sort())
  for (const { table } of kinds) {
    add(table.path, table.after, table.lines)
    if (table.from !== undefined) add(table.path, '', `import { dummy } from '${table.from}'\n`)
  }
  const { text } = await errors()
  expect(text).toBe('')
})

const SCENARIO = `spillway: 1
name: dummies
duration_s: 20
models:
  m: { work: { law: constant, ms: 4 } }
  n: { work: { law: constant, ms: 4 } }
traffic:
  - { class: web, model: m, arrivals: { process: dummy, gap_s: 0.01 } }
  - { class: jobs, model: n, arrivals: { process: poisson, rate_rps: 300 } }
router: { policy: dummy, start_at: 1 }
pools:
  - name: p
    model: m
    queue: { mode: per-replica, routing: dummy }
    batching: { policy: dynamic, max_batch: 4 }
    scaling: { policy: dummy, max: 3, initial: 2 }
  - name: q
    model: n
    queue: { discipline: dummy, first_slot: 1 }
    batching: { policy: dummy, max_batch: 8 }
failures: [{ kind: dummy, pools: [p], at_s: [10], for_s: 1 }]
tuning: [{ controller: dummy, setting: pools.p.batching.max_batch, every_s: 5, target_ms: 9, always: 1 }]
`

type Experiment = typeof import('../sim/experiment/index.ts')
type Scenarios = typeof import('../scenarios/index.ts')
type Audit = typeof import('../sim/audit/index.ts')
type Traffic = typeof import('../sim/traffic/index.ts')
type Main = typeof import('../runtime/main.ts')

const load = (path: string) => import(/* @vite-ignore */ join(copy, path))

test('a scenario names the dummies, and its run has what they do', async () => {
  const { parseScenario }: Scenarios = await load('scenarios/index.ts')
  const { keptReplication, simulationInput }: Experiment = await load('sim/experiment/index.ts')
  const { auditRows, promisesOf }: Audit = await load('sim/audit/index.ts')
  const { requestsIn }: Traffic = await load('sim/traffic/index.ts')
  const { scenario } = parseScenario(SCENARIO, { file: 'dummies.yaml' })
  const { rows, changes, settings } = keptReplication(simulationInput(scenario), 0)
  const { at, class: classes, queue, dispatched, done } = rows.columns
  // arrivals at equal gaps; the router begins with the second replica
  const ofWeb = [...classes.keys()].filter((i) => classes[i] === 0)
  expect(ofWeb.slice(0, 3).map((i) => at[i])).toEqual([10, 20, 30])
  expect(queue[ofWeb[0]!]).toBe(1)
  // batches of the failure take a hundred times as long
  const longest = Math.max(...ofWeb.map((i) => done[i]! - dispatched[i]!))
  expect(longest).toBe(400)
  const started = changes!.find(({ state }) => state === 'starting')
  expect(started).toEqual({ at: 2000, executor: 2, state: 'starting' })
  expect(settings!.map(({ to }) => to)).toEqual([1])
  const requests = requestsIn(rows).columns
  const { rules } = auditRows(promisesOf(scenario), rows.columns, requests, changes, settings)
  expect(rules.find(({ rule }) => rule === 'dummy')!.checked).toBeGreaterThan(1000)
  const broken = rules.filter(({ rule, violations }) => rule !== 'dummy' && violations > 0)
  expect(broken).toEqual([])
})

/** Runs a command of the copy; returns its exit code, and what it prints. */
async function command(...words: string[]) {
  const { main }: Main = await load('runtime/main.ts')
  let text = ''
  const stream = () =>
    new Writable({
      write(chunk, _encoding, done) {
        text += chunk
        done()
      },
    })
  const code = await main(words, { stdout: stream(), stderr: stream(), colours: false })
  return { code, text }
}

test('a dummy document has a published format, and its folder a page', async () => {
  const published = await command('schema', '--document', 'dummy')
  expect(published).toMatchObject({ code: 0, text: expect.stringContaining('spillway-dummy') })
  mkdirSync(join(copy, 'run'))
  put(copy, 'run/dummy.json', JSON.stringify({ document: 'spillway-dummy', answer: 'yes' }))
  const reported = await command('report', join(copy, 'run'))
  expect(reported.code, reported.text).toBe(0)
  expect(readFileSync(join(copy, 'run/report.html'), 'utf8')).toBe('YES')
})
