import { copyFileSync, cpSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { readRows, writeRows } from '../runtime/folders/rows-file.ts'
import { statisticsText } from '../scenarios/evidence/statistics/statistics.test-helper.ts'
import { exported, httpSpan } from '../scenarios/evidence/traces/spans.test-helper.ts'
import { EXIT } from '../scenarios/index.ts'
import { stream } from '../sim/kernel/index.ts'
import type { Profile } from '../sim/world/index.ts'
import { CASES } from './exit-code-cases.ts'
import { madeUpProfile } from './profiles.ts'
import { changed, DECLARED, ENCODER, MEASURED, QUICK } from './scenarios.ts'
import { commandsIn, put, readJson, temporaryFolder } from './spillway.ts'

/**
 * The exit code of every command in every case, on the built command line. Replays are made from
 * simulated rows where a verdict depends on them, so that no case depends on the machine.
 */

const folder = temporaryFolder()
const { run, runProcess, start } = commandsIn(folder)
const at = (name: string) => join(folder, name)

/** Twice what one pool can serve, with a queue that never refuses. */
const FLOODED = `models:
  m: { work: { law: constant, ms: 10 } }
traffic:
  - class: web
    arrivals: { process: poisson, rate_rps: 400 }
pools:
  - name: central
    model: m
    batching: { policy: dynamic, max_batch: 1, max_delay_ms: 0 }
`

/** Of the control kernel, in profiles and in replays: the machine has not changed between them. */
const CONTROL_MS = 2

/** A profile of a machine without overheads and stalls, `slower` times as slow as another. */
function calm(text: string, slower: number): Profile {
  const made = madeUpProfile(text)
  const none = [{ atMs: 0, table: [0, 0, 0] }]
  const models = made.models.map((model) => ({
    ...model,
    work: { ...model.work, ms: model.work.ms.map((row) => row.map((ms) => slower * ms)) },
    wake: { gapMs: [0, 10], ms: [0, 0] },
    overheads: { lag: [0, 0], timer: [0, 0], completion: none, dispatch: none },
    fields: model.fields.map((field) => ({
      ...field,
      controlMs: CONTROL_MS,
      dispatcher: { from: [], to: [] },
      intake: { from: [], to: [] },
    })),
  }))
  return { ...made, models }
}

/** A folder of three replays, which are one simulated run of a scenario. */
async function replays(name: string, scenario: string): Promise<void> {
  const options = ['--profile', 'calm.json', '--keep-rows', '--replications', '1', '--out', name]
  await run('simulate', scenario, ...options)
  const simulated = readJson(at(`${name}/simulated.json`)) as object
  const profile = readJson(at('calm.json')) as Profile
  const measured = { ...simulated, world: 'measured', runs: 3, host: profile.host }
  put(folder, `${name}/measured.json`, JSON.stringify(measured))
  put(folder, `${name}/profile.json`, JSON.stringify(profile))
  const rows = await readRows(at(`${name}/replication-1.parquet`))
  const executors = profile.models[0]!.fields[0]!.executors.length
  const control = [{ at: 0, ms: Array<number>(executors).fill(CONTROL_MS) }]
  for (const number of [1, 2, 3]) {
    await writeRows(at(`${name}/replay-${number}.parquet`), { ...rows, control })
  }
}

/** A folder of simulated rows, of which batches were larger than its scenario allows. */
async function brokenRows(): Promise<void> {
  await run('simulate', 'declared.yaml', '--keep-rows', '--replications', '1', '--out', 'kept')
  cpSync(at('kept'), at('broken'), { recursive: true })
  const text = JSON.stringify(readJson(at('kept/scenario.json')))
  put(folder, 'broken/scenario.json', changed(text, ['"max_batch":8', '"max_batch":4']))
  rmSync(at('broken/simulated.json'))
}

/** Times of a Poisson process of 20 a second, always the same. */
function poisson(count: number): number[] {
  const random = stream(1, 0, 'times')
  let now = 0
  return Array.from({ length: count }, () => {
    now += random.exponential() / 20
    return now
  })
}

const csv = (times: readonly number[]) =>
  ['t', ...times.map((time) => time.toFixed(6)), ''].join('\n')

beforeAll(async () => {
  put(folder, 'tiny.yaml', QUICK)
  put(folder, 'load.yaml', changed(QUICK, ['rate_rps: 300', 'load: 0.5']))
  put(
    folder,
    'missed-live.yaml',
    `${QUICK}slo: { web: ["p(50) latency_ms < 0.001", "goodput > 50%"] }\n`,
  )
  put(folder, 'declared.yaml', DECLARED)
  put(folder, 'missed.yaml', changed(DECLARED, ['latency_ms < 60', 'latency_ms < 0.001']))
  put(folder, 'variants.yaml', `${DECLARED}variants: { one: {}, other: { seed: 3 } }\n`)
  put(folder, 'long.yaml', changed(DECLARED, ['duration_s: 40', 'duration_s: 400000']))
  const minutes = Array.from({ length: 40 }, (_, i) => String(i).padStart(2, '0'))
  const logged = (minute: string) =>
    `127.0.0.1 - - [03/Dec/2026:07:${minute}:00 +0000] "GET / HTTP/1.1" 200 5 "-" "curl/8" 0.005\n`
  put(folder, 'access.log', minutes.map(logged).join(''))
  const spans = minutes.map((minute, i) => {
    const at = 1_780_000_000_000 + 60_000 * Number(minute)
    const times = { startTimeUnixNano: `${at}000000`, endTimeUnixNano: `${at + 5}000000` }
    return httpSpan({ spanId: `s${i}`, ...times })
  })
  put(folder, 'spans.json', JSON.stringify(exported(spans)))
  put(folder, 'stats.json', statisticsText({ net: { sizes: { 1: [50, 100] } } }))
  put(folder, 'rows.csv', csv(Array.from({ length: 4000 }, (_, i) => i * 0.05)))
  put(folder, 'bert.yaml', ENCODER)
  put(folder, 'measured.csv', MEASURED)
  put(folder, 'poisson.csv', csv(poisson(4000)))
  put(folder, 'flooded.yaml', changed(DECLARED, [/^models:[\s\S]*/m, FLOODED]))
  put(folder, 'wide.yaml', changed(QUICK, ['width: 64', 'width: 32']))
  put(folder, 'empty.json', JSON.stringify({ ...madeUpProfile(QUICK), models: [] }))
  put(folder, 'profile.json', JSON.stringify(madeUpProfile(QUICK)))
  put(folder, 'calm.json', JSON.stringify(calm(QUICK, 1)))
  put(folder, 'slow.json', JSON.stringify(calm(QUICK, 2)))
  put(folder, 'steady.yaml', changed(QUICK, ['duration_s: 1.5', 'duration_s: 10'], ['300', '150']))
  put(folder, 'brief.yaml', changed(QUICK, ['duration_s: 1.5', 'duration_s: 0.6']))
  mkdirSync(at('bare'))
  await replays('agreed', 'steady.yaml')
  await replays('brief', 'brief.yaml')
  await brokenRows()
  cpSync(at('agreed'), at('mixed'), { recursive: true })
  copyFileSync(at('brief/requests.jsonl'), at('mixed/requests.jsonl'))
})

/** Ends a command when it shows its progress, which is after it has started to work. */
async function interrupted(args: readonly string[]) {
  const { child, prints, ended } = start(args)
  await prints(/…/)
  child.kill('SIGINT')
  return ended
}

/** Whether a case is the first of its command: each command runs once as users run it. */
const isFirst = (line: string) =>
  CASES.find(([, candidate]) => nameOf(candidate) === nameOf(line))?.[1] === line

const nameOf = (line: string) => line.split(' ')[0]

describe('the exit code', () => {
  test.each(CASES)('is that of %s: spillway %s', async (outcome, line) => {
    const args = line.split(' ').filter((word) => word !== '')
    const perform = isFirst(line) ? runProcess : run
    const ended = await (outcome === 'interrupted' ? interrupted(args) : perform(...args))
    expect(ended.code, ended.stderr).toBe(EXIT[outcome])
    expect(ended.stderr).not.toMatch(/^internal error/m)
    // a refusal states its reason
    if (!['ok', 'failed', 'undecided'].includes(outcome)) expect(ended.stderr).not.toBe('')
  })

  test('has a case of each command, done and refused, and each code has one', async () => {
    const help = (await run('--help')).stdout
    const [, list] = /^Commands:\n((?: {2}.*\n)+)/m.exec(help)!
    const commands = [...list!.matchAll(/^ {2}([a-z]+)/gm)].map(([, name]) => name!)
    expect(commands.length).toBeGreaterThan(12)
    const casesOf = (name: string) => CASES.filter(([, line]) => nameOf(line) === name)
    for (const name of commands) {
      const outcomes = casesOf(name).map(([outcome]) => outcome)
      // a worker needs a server, as in test/cli-worker, and serve a signal, as in test/live-serve
      const needed = ['worker', 'serve'].includes(name)
        ? ['usage', 'invalidInput']
        : ['ok', 'usage']
      expect(outcomes, name).toEqual(expect.arrayContaining(needed))
    }
    const { internal: _, ...codes } = EXIT
    expect(new Set(CASES.map(([outcome]) => outcome))).toEqual(new Set(Object.keys(codes)))
  })
})
