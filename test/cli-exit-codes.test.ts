import { copyFileSync, cpSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { EXIT } from '../scenarios/index.ts'
import { stream } from '../sim/kernel/index.ts'
import type { Profile } from '../sim/world/index.ts'
import { madeUpProfile } from './profiles.ts'
import { changed, DECLARED, QUICK } from './scenarios.ts'
import { commandsIn, put, readJson, temporaryFolder } from './spillway.ts'

/**
 * The exit code of every command in every case, on the built command line. Replays are made from
 * simulated rows where a verdict depends on them, so that no case depends on the machine.
 */

const folder = temporaryFolder()
const { run, start } = commandsIn(folder)
const at = (name: string) => join(folder, name)

type Outcome = Exclude<keyof typeof EXIT, 'internal'>

/** A case: the outcome, and the command line as typed. */
type Case = readonly [outcome: Outcome, line: string]

const QUICKLY = '--replications 2'
const CASES: readonly Case[] = [
  ['ok', '--version'],
  ['ok', '--help'],
  ['ok', 'help simulate'],
  ['usage', 'help bogus'],
  ['usage', 'bogus'],
  ['usage', ''],

  ['ok', 'scenarios'],
  ['ok', 'scenarios show chat'],
  ['usage', 'scenarios show'],
  ['usage', 'scenarios bogus'],
  ['invalidInput', 'scenarios show bogus'],

  ['ok', `simulate declared.yaml ${QUICKLY} --set slo={}`],
  ['ok', `simulate retry-budget ${QUICKLY}`],
  ['failed', `simulate missed.yaml ${QUICKLY}`],
  // the tab stands for a space within an argument
  ['undecided', 'simulate declared.yaml --replications 1 --set slo.web.0=p(50)\tlatency_ms<500'],
  ['ok', `simulate declared.yaml ${QUICKLY} --headroom --set slo.web.0=goodput>5% --json`],
  ['invalidInput', `simulate declared.yaml ${QUICKLY} --headroom --set slo={}`],
  ['usage', 'simulate declared.yaml --replications none'],
  ['usage', 'simulate declared.yaml --keep-rows'],
  ['invalidInput', 'simulate bogus'],
  ['invalidInput', 'simulate declared.yaml --set duration_s=-1'],
  ['invalidInput', 'simulate tiny.yaml --profile tiny.yaml'],
  ['notComparable', 'simulate tiny.yaml --profile empty.json'],
  ['interrupted', 'simulate long.yaml'],

  ['ok', 'plan declared.yaml --set pools.0.replicas=1,2 --replications 6 --out plan'],
  ['failed', 'plan missed.yaml --set pools.0.replicas=1,2 --replications 6'],
  ['undecided', 'plan declared.yaml --set slo.web.0=p(99.99)\tlatency_ms<500'],
  ['usage', 'plan declared.yaml --confidence 10%'],
  ['usage', 'plan declared.yaml --replications 5'],
  ['usage', 'plan declared.yaml --set duration_s=20,40'],
  ['invalidInput', 'plan bogus'],
  ['invalidInput', 'plan declared.yaml --set slo={}'],
  ['invalidInput', 'plan declared.yaml --verify'],
  ['notComparable', 'plan tiny.yaml --profile empty.json --set slo.web=["p(50)\tlatency_ms<9"]'],
  ['interrupted', 'plan long.yaml --set pools.0.replicas=1..4'],

  ['ok', `variants variants.yaml ${QUICKLY} --set slo={} --out variants`],
  ['ok', 'report variants'],
  ['failed', `variants missed.yaml ${QUICKLY} --variant one:seed=2`],
  [
    'undecided',
    `variants variants.yaml ${QUICKLY} --set slo={} --set slo.batch=["p(99.9)\tlatency_ms<100000"]`,
  ],
  ['usage', 'variants declared.yaml'],
  ['usage', 'variants declared.yaml --variant one'],
  ['invalidInput', 'variants bogus --variant one:seed=2'],
  ['invalidInput', 'variants declared.yaml --variant one:duration_s=-1'],
  ['invalidInput', 'variants declared.yaml --variant one:seed=2 --replay'],
  ['interrupted', 'variants long.yaml --variant one:seed=2'],

  ['ok', 'requests declared.yaml --out requests'],
  ['usage', 'requests'],
  ['invalidInput', 'requests bogus'],
  ['notComparable', 'requests load.yaml --profile empty.json'],

  ['ok', 'calibrate tiny.yaml --seconds 0.5 --rehearsals 0 --out calibrated'],
  ['usage', 'calibrate tiny.yaml --seconds soon'],
  ['invalidInput', 'calibrate declared.yaml'],
  ['invalidInput', 'calibrate tiny.yaml --from nowhere'],
  ['ok', 'calibrate tiny.yaml --from agreed --out learnt'],
  ['notComparable', 'calibrate wide.yaml --from agreed'],
  ['interrupted', 'calibrate tiny.yaml --seconds 100'],

  ['ok', 'replay tiny.yaml --profile profile.json --replays 1 --out replayed'],
  ['failed', 'replay missed-live.yaml --profile profile.json --replays 2'],
  ['usage', 'replay tiny.yaml --replays 0'],
  ['usage', 'replay tiny.yaml --decision-log'],
  ['invalidInput', 'replay declared.yaml'],
  ['invalidInput', 'replay tiny.yaml --against bogus --profile profile.json'],
  ['notComparable', 'replay tiny.yaml --profile empty.json'],
  ['interrupted', 'replay tiny.yaml --profile profile.json --replays 100'],

  ['ok', 'run tiny.yaml --profile profile.json --replays 1 --replications 10 --out ran'],
  // a missed objective is a result of the run, not a fault of it
  ['ok', 'run missed-live.yaml --profile profile.json --replays 1 --replications 10 --out ran'],
  ['failed', 'run missed-live.yaml --profile profile.json --replays 2 --fail-on fail --out ran'],
  ['usage', 'run tiny.yaml --fail-on maybe'],
  ['usage', 'run tiny.yaml --charts gif'],
  ['invalidInput', 'run declared.yaml'],
  ['notComparable', 'run tiny.yaml --profile empty.json'],
  ['interrupted', 'run tiny.yaml --seconds 100'],

  ['ok', 'compare agreed --replications 10'],
  ['failed', 'compare agreed --replications 10 --profile slow.json'],
  ['undecided', 'compare brief --replications 10'],
  ['usage', 'compare tiny.yaml agreed'],
  ['invalidInput', 'compare nowhere'],
  ['invalidInput', 'compare bare'],
  ['notComparable', 'compare mixed'],
  ['notComparable', 'compare agreed --profile empty.json'],
  ['interrupted', 'compare agreed --replications 100000'],

  ['ok', `sweep declared.yaml ${QUICKLY} --set seed=1,2 --out swept`],
  ['ok', `sweep declared.yaml ${QUICKLY} --set seed=1,2 --out swept --resume`],
  ['notComparable', `sweep declared.yaml ${QUICKLY} --set seed=1,3 --out swept --resume`],
  ['usage', 'sweep declared.yaml'],
  ['usage', 'sweep declared.yaml --set seed=1,2 --shard 1/2'],
  ['invalidInput', `sweep declared.yaml ${QUICKLY} --set seed=1,2 --out swept`],
  ['invalidInput', 'sweep declared.yaml --set pools.first.replicas=0,-1'],
  ['invalidInput', 'sweep declared.yaml --points nowhere.csv'],
  ['interrupted', 'sweep long.yaml --set seed=1,2'],

  ['ok', `sweep declared.yaml ${QUICKLY} --set seed=1,2 --shard 1/1 --out shard`],
  ['ok', 'merge shard --out merged'],
  ['usage', 'merge'],
  ['invalidInput', 'merge swept'],

  ['ok', 'query merged select\tcount(*)\tfrom\tresults'],
  ['usage', 'query merged'],
  ['invalidInput', 'query merged select\tnothing\tfrom\tresults'],
  ['invalidInput', 'query nowhere select\t1'],

  ['ok', `gate declared.yaml ${QUICKLY} --baseline base.json --update`],
  ['ok', `gate declared.yaml ${QUICKLY} --baseline base.json --out gated`],
  ['failed', `gate declared.yaml ${QUICKLY} --against-set pools.second.batching.max_delay_ms=1`],
  // twice what can be served, before and now
  ['undecided', `gate flooded.yaml ${QUICKLY} --against-set pools.central.batching.max_batch=2`],
  ['ok', 'gate --fidelity agreed'],
  ['failed', 'gate --fidelity agreed --profile slow.json'],
  ['undecided', 'gate --fidelity brief'],
  ['notComparable', 'gate --fidelity mixed'],
  ['notComparable', 'gate declared.yaml --replications 3 --baseline base.json'],
  ['notComparable', `gate missed.yaml ${QUICKLY} --baseline base.json`],
  ['usage', 'gate'],
  ['usage', 'gate declared.yaml'],
  ['usage', 'gate declared.yaml --measured --baseline base.json'],
  ['usage', 'gate declared.yaml --against declared.yaml --measured --load 0.9'],
  ['usage', 'gate declared.yaml --against declared.yaml --margin 5'],
  ['invalidInput', 'gate declared.yaml --baseline nowhere.json'],
  ['invalidInput', 'gate declared.yaml --baseline tiny.yaml'],
  ['invalidInput', 'gate declared.yaml --against declared.yaml --measured'],
  ['interrupted', 'gate long.yaml --against long.yaml'],
  ['interrupted', 'gate tiny.yaml --against tiny.yaml --measured --profile profile.json'],

  ['ok', 'audit kept'],
  ['failed', 'audit broken'],
  ['usage', 'audit'],
  ['invalidInput', 'audit nowhere'],
  ['invalidInput', 'audit bare'],

  ['ok', 'report agreed --out page'],
  ['ok', 'report plan --out page'],
  ['usage', 'report agreed --charts gif'],
  ['invalidInput', 'report nowhere'],

  ['ok', 'trace inspect rows.csv --columns time=t --time-unit s'],
  ['usage', 'trace inspect'],
  ['usage', 'trace bogus'],
  ['invalidInput', 'trace inspect nowhere.csv'],
  ['undecided', 'trace fit poisson.csv --columns time=t --time-unit s'],
  ['failed', 'trace fit rows.csv --columns time=t --time-unit s'],
  ['usage', 'trace fit rows.csv --columns time=t --time-unit s --load 1'],
  ['invalidInput', 'trace fit nowhere.csv'],

  ['ok', 'models build mlp --layers 1 --width 8 --out models'],
  ['usage', 'models build'],
  ['usage', 'models build mlp --layers none'],
  ['invalidInput', 'models build bogus'],
  ['ok', 'models inspect models/mlp-1x8-fp32-seed1-v2.onnx'],
  ['usage', 'models inspect'],
  ['invalidInput', 'models inspect tiny.yaml'],

  ['ok', 'schema'],
  ['usage', 'schema --document bogus'],

  ['ok', 'completion bash'],
  ['usage', 'completion tcsh'],

  ['ok', 'init new.yaml'],
  ['usage', 'init one.yaml two.yaml'],
  ['invalidInput', 'init tiny.yaml'],
  ['invalidInput', 'init nowhere/new.yaml'],

  ['ok', 'doctor'],
  ['usage', 'doctor --noise soon'],
  ['interrupted', 'doctor --noise 100'],
]

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
      ...{ dispatcher: { from: [], to: [] }, intake: { from: [], to: [] } },
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
  for (const number of [1, 2, 3]) {
    copyFileSync(at(`${name}/replication-1.parquet`), at(`${name}/replay-${number}.parquet`))
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
  put(folder, 'missed-live.yaml', `${QUICK}slo: { web: ["p(50) latency_ms < 0.001"] }\n`)
  put(folder, 'declared.yaml', DECLARED)
  put(folder, 'missed.yaml', changed(DECLARED, ['latency_ms < 60', 'latency_ms < 0.001']))
  put(folder, 'variants.yaml', `${DECLARED}variants: { one: {}, other: { seed: 3 } }\n`)
  put(folder, 'long.yaml', changed(DECLARED, ['duration_s: 40', 'duration_s: 400000']))
  put(folder, 'rows.csv', csv(Array.from({ length: 4000 }, (_, i) => i * 0.05)))
  put(folder, 'poisson.csv', csv(poisson(4000)))
  put(folder, 'flooded.yaml', changed(DECLARED, [/^models:[\s\S]*/m, FLOODED]))
  put(folder, 'wide.yaml', changed(QUICK, ['width: 64', 'width: 32']))
  put(folder, 'empty.json', JSON.stringify({ ...madeUpProfile(QUICK), models: [] }))
  put(folder, 'profile.json', JSON.stringify(madeUpProfile(QUICK)))
  put(folder, 'calm.json', JSON.stringify(calm(QUICK, 1)))
  put(folder, 'slow.json', JSON.stringify(calm(QUICK, 2)))
  put(folder, 'steady.yaml', changed(QUICK, ['duration_s: 1.5', 'duration_s: 20'], ['300', '150']))
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

describe('the exit code', () => {
  test.each(CASES)('is that of %s: spillway %s', async (outcome, line) => {
    const args = line.split(' ').filter((word) => word !== '')
    const ended = await (outcome === 'interrupted' ? interrupted(args) : run(...args))
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
    const of = (name: string) => CASES.filter(([, line]) => line.split(' ')[0] === name)
    for (const name of commands) {
      const outcomes = of(name).map(([outcome]) => outcome)
      expect(outcomes, name).toEqual(expect.arrayContaining(['ok', 'usage']))
    }
    const { internal: _, ...codes } = EXIT
    expect(new Set(CASES.map(([outcome]) => outcome))).toEqual(new Set(Object.keys(codes)))
  })
})
