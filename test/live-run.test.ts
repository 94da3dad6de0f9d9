import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { readRows, writeRows } from '../runtime/folders/rows-file.ts'
import { withRowsSwapped } from '../runtime/jobs/audit.test-helper.ts'
import { comparisonSchema, resultSchema } from '../sim/documents/index.ts'
import { profileSchema } from '../sim/world/index.ts'
import { auditOf, expectKept } from './live-audit.ts'
import { library } from './live-replay.ts'
import { emptyProfile } from './profiles.ts'
import { QUICK } from './scenarios.ts'
import { commandsIn, expectRefusal, filesIn, put, readJson, temporaryFolder } from './spillway.ts'
import { expectExitBy } from './verdict-exit.ts'

/**
 * The main job from end to end in real sessions. Nothing here depends on the speed of the machine.
 */

const folder = temporaryFolder()
const { run } = commandsIn(folder)
const out = join(folder, 'out')
const REPLAYS = 2

put(folder, 'tiny.yaml', `${QUICK}slo:\n  web: ["p(50) latency_ms < 1000"]\n`)

const comparison = () => comparisonSchema.parse(readJson(join(out, 'comparison.json')))
const result = (name: string) => resultSchema.parse(readJson(join(out, `${name}.json`)))
const linesOfText = (text: string) => text.trimEnd().split('\n')
const linesOf = (name: string) => linesOfText(readFileSync(join(out, name), 'utf8'))

let printed: string
let phases: string

beforeAll(async () => {
  const quick = ['--seconds', '1', '--replays', `${REPLAYS}`, '--replications', '10']
  const options = ['--decision-log', '--charts', 'svg', '--plot', '--out', 'out']
  const ended = await run('run', 'tiny.yaml', ...quick, ...options)
  expect(ended.code, ended.stderr).toBe(0)
  expect(ended.stdout).toContain('report: out/report.html')
  printed = ended.stdout
  phases = ended.stderr
})

test('rehearsals alternate with replays, so that drift affects both alike', () => {
  const order = phases.match(/^(rehearsal|replay) \d of \d/gm)
  expect(order).toEqual([
    'rehearsal 1 of 3',
    'rehearsal 2 of 3',
    'replay 1 of 2',
    'replay 2 of 2',
    'rehearsal 3 of 3',
  ])
})

test('the profile has the machine of the rehearsals, and work of the calibration', () => {
  const { models } = profileSchema.parse(readJson(join(out, 'profile.json')))
  const single = models[0]!.fields.filter(({ executors }) => executors.length === 1)
  // on a busy machine rehearsals may not count
  expect(single.length).toBeGreaterThan(0)
  expect(single.length).toBeLessThanOrEqual(3)
  for (const { durationMs } of single) expect(durationMs).toBe(1500)
  expect(models[0]!.work.sizes.length).toBeGreaterThan(1)
})

test('simulate after run finds the profile, as run and calibrate write the same file', async () => {
  const ended = await run('simulate', 'tiny.yaml', '--replications', '2', '--json')
  const simulated = resultSchema.parse(JSON.parse(ended.stdout))
  // on a busy machine two runs may leave the objective undecided
  expectExitBy(simulated, ended)
  expect(simulated.profile).toEqual(result('simulated').profile)
  expect(phases).toMatch(/simulate and replay now use what this run learnt: .*cache.profile\.json/)
})

test('run draws both sides between its text and where the report is', () => {
  const [text, plots, end] = printed.split(/(?=Objectives of the scenario)|(?=\nreport: )/)
  expect(end).toContain('report: out/report.html')
  expect(text).not.toContain('┤')
  expect(plots).toContain('━ simulated   ─ measured, median of 2 replays')
  expect(plots).toContain('Requests waiting, mean')
})

test('run prints the verdict on every objective of both sides', () => {
  for (const world of ['simulated', 'measured']) {
    const { objectives } = resultSchema.parse(readJson(join(out, `${world}.json`)))
    const line = new RegExp(
      `^  ${objectives[0]!.verdict} +${world} +web: p\\(50\\) latency_ms < 1000  `,
      'm',
    )
    expect(printed).toMatch(line)
  }
})

test('run exits with 0 whatever the verdicts, as its last line says, unless it is asked to fail', async () => {
  expect(linesOfText(printed).at(-1)).toMatch(/^exit code 0 whatever the verdicts; --fail-on /)
  const once = ['--rehearsals', '0', '--replays', '1']
  const quick = ['--profile', 'out/profile.json', ...once, '--replications', '10']
  const failing = ['--fail-on', 'undecided', '--out', 'failing']
  const ended = await run('run', 'tiny.yaml', ...quick, ...failing)
  const read = (name: string) => readJson(join(folder, 'failing', `${name}.json`))
  const documents = ['simulated', 'measured'].map((name) => resultSchema.parse(read(name)))
  const verdicts = [
    comparisonSchema.parse(read('comparison')).verdict,
    ...documents.flatMap(({ objectives }) => objectives.map(({ verdict }) => verdict)),
  ]
  // a single replay has no interval
  expect(verdicts).toContain('UNDECIDED')
  expect(ended.code, ended.stderr).toBe(verdicts.includes('FAIL') ? 4 : 5)
  expect(ended.stdout).not.toContain('--fail-on')
  const unknown = await run('run', 'tiny.yaml', '--fail-on', 'maybe')
  expectRefusal(unknown, 2, folder)
})

test('run writes the documents, rows, decision logs, report and charts', () => {
  const charts = filesIn(join(out, 'charts'))
  expect(charts.length).toBeGreaterThanOrEqual(5)
  for (const chart of charts) {
    expect(readFileSync(join(out, 'charts', chart), 'utf8')).toMatch(/^<svg[\s\S]*<\/svg>\s*$/)
  }
  const replays = [1, 2].flatMap((i) => [`replay-${i}.journal.jsonl`, `replay-${i}.parquet`])
  const documents = ['comparison.json', 'measured.json', 'profile.json', 'simulated.json']
  const input = ['requests.jsonl', 'scenario.json']
  const expected = ['charts', 'report.html', ...input, ...documents, ...replays]
  expect(filesIn(out).filter((name) => !name.startsWith('charts/'))).toEqual(expected.sort())
})

test('the documents validate and refer to one scenario, profile and list of requests', () => {
  const [simulated, measured] = [result('simulated'), result('measured')]
  const compared = comparison()
  const profile = profileSchema.parse(readJson(join(out, 'profile.json')))
  expect(profile.models).toHaveLength(1)
  expect(simulated.world).toBe('simulated')
  expect(measured.world).toBe('measured')
  expect(measured.runs).toBe(REPLAYS)
  for (const document of [measured, compared]) {
    expect(document.scenario).toEqual(simulated.scenario)
    expect(document.profile).toEqual(simulated.profile)
  }
  expect(compared.requests).toBe(measured.requests)
  expect(compared.command).toMatch(/^spillway run tiny\.yaml --seconds 1 --replays 2 /)
})

test('the report shows every chart', () => {
  const html = readFileSync(join(out, 'report.html'), 'utf8')
  const pictures = html.match(/<svg/g) ?? []
  expect(pictures.length).toBeGreaterThanOrEqual(filesIn(join(out, 'charts')).length)
  expect(html).toContain('spillway run tiny.yaml')
})

test('every replay keeps its rules, repeats its decisions and is reported correctly', async () => {
  const audit = await auditOf(run, 'out')
  expectKept(audit, REPLAYS)
  const stated = audit.claims.map(({ document }) => document)
  expect(new Set(stated)).toEqual(new Set(['measured.json', 'comparison.json']))
  const { classes, pools } = result('measured')
  expect(classes[0]!.counts.served).toBeGreaterThan(0)
  expect(pools[0]!.counts).toEqual(classes[0]!.counts)
})

test('the comparison has the audit among its checks', () => {
  expect(comparison().checks.audit).toMatchObject({ verdict: 'PASS', worst: null })
})

test('manipulated rows of a replay are detected, and named', async () => {
  cpSync(out, join(folder, 'tampered'), { recursive: true })
  const path = join(folder, 'tampered/replay-2.parquet')
  const keptRun = { ...(await readRows(path)), journal: new Float64Array(0) }
  await writeRows(path, withRowsSwapped(keptRun, 20, 40))
  const ended = await run('audit', 'tampered')
  expect(ended).toMatchObject({ code: 4, stderr: '' })
  expect(ended.stdout).toMatch(/^ {2}conservation: row 20: /m)
  expect(ended.stdout).toMatch(/^ {2}conservation: row 40: /m)
  expect(ended.stdout).toMatch(
    /^FAIL {2}replay-2 breaks .*; the decision log of replay-2 leads to other/m,
  )
})

test('a program gets the documents of a run, and nothing is printed', async () => {
  const phases = new Set<string>()
  const streams = [process.stdout, process.stderr].map((stream) => vi.spyOn(stream, 'write'))
  vi.stubEnv('SPILLWAY_CACHE', join(folder, 'cache'))
  const { run: runJob } = await library()
  const ran = await runJob(join(folder, 'tiny.yaml'), {
    profile: profileSchema.parse(readJson(join(out, 'profile.json'))),
    ...{ replays: 1, rehearsals: 0, replications: 10 },
    onProgress: (phase) => phases.add(phase),
  }).finally(() => vi.unstubAllEnvs())
  for (const stream of streams) expect(stream).not.toHaveBeenCalled()
  const begun = [...phases].map((phase) => phase.split(',')[0])
  expect(begun).toEqual(expect.arrayContaining(['spinning threads', 'replay 1 of 1']))
  const { simulated, measured, comparison, profile, sides, against } = ran
  for (const result of [simulated, measured]) expect(resultSchema.parse(result)).toEqual(result)
  expect(comparisonSchema.parse(comparison)).toEqual(comparison)
  expect(profile).toEqual(readJson(join(out, 'profile.json')))
  expect(sides.map(({ result }) => result)).toEqual([measured])
  expect(against).toBeNull()
})

describe('no rows of an earlier run stay beside the documents', () => {
  const args = ['tiny.yaml', '--profile', 'out/profile.json', '--replays', '1']
  const rowsIn = (name: string) =>
    filesIn(join(folder, name)).filter((file) => /parquet|journal|against/.test(file))

  /** A folder of two replays with a second side and a simulation. */
  function filled(name: string): void {
    cpSync(out, join(folder, name), { recursive: true })
    cpSync(out, join(folder, name, 'against'), {
      recursive: true,
      filter: (path) => !/charts|html|profile|simulated|comparison/.test(path),
    })
    cpSync(join(out, 'replay-1.parquet'), join(folder, name, 'replication-1.parquet'))
    expect(rowsIn(name)).toHaveLength(13)
  }

  test('of a run, whose rows are kept; those of a second side and of simulations are gone', async () => {
    filled('anew')
    const once = ['--rehearsals', '0', '--set', 'duration_s=1']
    const short = [...once, '--replications', '10', '--json', '--out', 'anew']
    const ended = await run('run', ...args, ...short)
    expect(ended.code, ended.stderr).toBe(0)
    expect(rowsIn('anew')).toEqual(['replay-1.parquet'])
    const compared = await run('compare', 'anew', '--replications', '10', '--json')
    expectExitBy(JSON.parse(compared.stdout), compared)
  })

  test('of a replay, whose rows are kept; documents on earlier rows are removed, too', async () => {
    filled('replayed')
    const ended = await run('replay', ...args, '--decision-log', '--out', 'replayed')
    // a single replay has no interval, so its objective is undecided
    expect(ended.code, ended.stderr).toBe(5)
    const replay = ['replay-1.journal.jsonl', 'replay-1.parquet']
    // of the same scenario and the same requests
    expect(rowsIn('replayed')).toEqual([...replay, 'replication-1.parquet'])
    expect(filesIn(join(folder, 'replayed'))).not.toContain('comparison.json')
    expect(readJson(join(folder, 'replayed/profile.json'))).toEqual(
      readJson(join(out, 'profile.json')),
    )
  })
})

describe('the folder of a run', () => {
  test('is compared to the same errors again, even with another profile on the machine', async () => {
    put(folder, 'cache/profile.json', JSON.stringify(emptyProfile()))
    const args = ['--replications', '10', '--json']
    const ended = await run('compare', 'out', ...args)
    expectExitBy(JSON.parse(ended.stdout), ended)
    const { command: _, ...again } = comparisonSchema.parse(JSON.parse(ended.stdout))
    const { command: __, ...first } = comparison()
    expect(again).toEqual(first)
  })

  test('is drawn beside the simulated percentiles of its comparison', async () => {
    const ended = await run('compare', 'out', '--replications', '10', '--plot')
    expect(ended.stdout).toContain('━ simulated   ─ measured, median of 2 replays')
  })

  test('is no measurement of another scenario', async () => {
    cpSync(out, join(folder, 'longer'), { recursive: true })
    const scenario = readJson(join(out, 'scenario.json')) as { duration_s: number }
    put(folder, 'longer/scenario.json', JSON.stringify({ ...scenario, duration_s: 2 }))
    const ended = await run('compare', 'longer')
    expectRefusal(ended, 6, folder)
    expect(ended.stderr).toMatch(/longer\/measured\.json: measured under scenario \w+, but /)
  })

  test('is predicted only by its profile, unless another one is named', async () => {
    cpSync(out, join(folder, 'strange'), { recursive: true })
    put(folder, 'strange/profile.json', JSON.stringify(emptyProfile()))
    const ended = await run('compare', 'strange')
    expectRefusal(ended, 6, folder)
    expect(ended.stderr).toContain('strange/profile.json: replays here were made with profile ')
    const named = await run('compare', 'out', '--profile', 'strange/profile.json')
    expectRefusal(named, 6, folder)
    expect(named.stderr).toContain('the profile made up has no ')
  })

  test('is not compared with other requests', async () => {
    cpSync(out, join(folder, 'mixed'), { recursive: true })
    put(folder, 'mixed/requests.jsonl', `${linesOf('requests.jsonl').slice(0, 50).join('\n')}\n`)
    const ended = await run('compare', 'mixed')
    expectRefusal(ended, 6, folder)
    expect(ended.stderr).toContain('mixed/requests.jsonl: not the requests of')
  })

  test('is reported again, with PNG charts', async () => {
    const ended = await run('report', 'out', '--charts', 'png', '--out', 'again')
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    const charts = filesIn(join(folder, 'again/charts'))
    const names = filesIn(join(out, 'charts')).map((name) => name.replace('.svg', '.png'))
    expect(charts).toEqual(names)
    for (const chart of charts) {
      const head = readFileSync(join(folder, 'again/charts', chart)).subarray(1, 4)
      expect(head.toString('latin1')).toBe('PNG')
    }
  })
})
