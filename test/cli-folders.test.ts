import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  watch,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { contentOf, materialise } from '../runtime/models/index.ts'
import { type Model, parseScenario } from '../scenarios/index.ts'
import type { Result } from '../sim/documents/index.ts'
import type { Profile } from '../sim/world/index.ts'
import { madeUpProfile } from './profiles.ts'
import { changed, DECLARED, QUICK, TINY } from './scenarios.ts'
import { commandsIn, expectRefusal, filesIn, put, readJson, temporaryFolder } from './spillway.ts'
import { expectExitBy } from './verdict-exit.ts'

/** Folders and profiles are consistent: a folder holds one run, a profile the present models. */

const folder = temporaryFolder()
const { run, start } = commandsIn(folder)
const at = (name: string) => join(folder, name)

put(
  folder,
  'declared.yaml',
  changed(DECLARED, ['duration_s: 40', 'duration_s: 8'], ['at_s: 10', 'at_s: 2']),
)

const seedOf = (name: string) => (readJson(at(name)) as { seed: number }).seed

describe('a folder', () => {
  test('holds one run or another, never a mixture, wherever its writer is killed', async () => {
    const simulated = (seed: number) =>
      ['simulate', 'declared.yaml', '--keep-rows', '--replications', '1', '--out', 'out'].concat(
        '--seed',
        String(seed),
      )
    await run(...simulated(1))
    for (let seed = 2; seed < 9; seed++) {
      const { child, ended } = start(simulated(seed))
      const watcher = watch(at('out'))
      await new Promise((resolve) => {
        // the first of the files, wherever it is written
        watcher.on('change', (_, name) => {
          if (/^(\.spillway-|scenario\.json)/.test(String(name))) resolve(undefined)
        })
        void ended.then(resolve)
      })
      watcher.close()
      await setTimeout(4 * (seed - 2))
      child.kill('SIGKILL')
      await ended
      const audit = await run('audit', 'out')
      expect(audit, audit.stderr + audit.stdout).toMatchObject({ code: 0 })
      expect(seedOf('out/simulated.json')).toBe(seedOf('out/scenario.json'))
      const names = ['replication-1.journal.jsonl', 'replication-1.parquet']
      const documents = ['scenario.json', 'simulated.json']
      const files = ['report.html', 'requests.jsonl', ...documents]
      expect(filesIn(at('out'))).toEqual([...names, ...files])
    }
  })

  test('of replays is compared without the trace that was replayed', async () => {
    const times = Array.from({ length: 300 }, (_, i) => `${0.005 * i}`)
    put(folder, 'rows.csv', ['t', ...times, ''].join('\n'))
    const trace = `{ process: trace, file: rows.csv, format: csv, columns: { time: t }, time_unit: s }`
    const text = changed(QUICK, ['{ process: poisson, rate_rps: 300 }', trace])
    put(folder, 'traced.yaml', text)
    put(folder, 'made-up.json', JSON.stringify(madeUpProfile(QUICK)))
    const options = ['--profile', 'made-up.json', '--replays', '1', '--out', 'traced']
    const replayed = await run('replay', 'traced.yaml', ...options)
    expect(replayed.code, replayed.stderr).toBe(0)
    rmSync(at('rows.csv'))
    const compareOptions = ['--replications', '10', '--out', 'compared']
    const compared = await run('compare', 'traced', ...compareOptions)
    expectExitBy(readJson(at('compared/comparison.json')), compared)
    expect(compared.stdout).toMatch(/^p50 +250 /m)
  })

  test('with documents of several runs is not reported as one', async () => {
    for (const [out, seed] of [
      ['one', '1'],
      ['two', '2'],
    ] as const) {
      await run('simulate', 'declared.yaml', '--replications', '2', '--out', out, '--seed', seed)
    }
    const second = readJson(at('two/simulated.json')) as Result
    rmSync(at('one/report.html'))
    put(folder, 'one/measured.json', JSON.stringify({ ...second, world: 'measured' }))
    const ended = await run('report', 'one')
    expectRefusal(ended, 3, folder)
    expect(ended.stderr).toMatch(/one: simulated.json is of scenario \w+, but measured.json of \w+/)
    expect(filesIn(at('one'))).not.toContain('report.html')
  })
})

describe('a profile', () => {
  const OWN = changed(QUICK, [
    '{ builtin: mlp, layers: 2, width: 64 }',
    '{ onnx: own.onnx, inputs: { x: { type: float32, shape: [batch, 64], fill: normal } } }',
  ])

  async function build(seed: number): Promise<void> {
    const model = { builtin: 'mlp', layers: 2, width: 64, seed } as const
    const places = { directory: folder, cacheDirectory: at('built') }
    copyFileSync((await materialise(model, 'fp32', places)).path, at('own.onnx'))
  }

  test('is of the present model file, in every command that takes one', async () => {
    await build(1)
    const path = put(folder, 'own.yaml', OWN)
    const { scenario } = parseScenario(OWN, { file: path })
    const made = madeUpProfile(scenario)
    const content = (await contentOf(scenario.models.mlp as Model, 'fp32', folder)) as string
    const profile: Profile = {
      ...made,
      models: made.models.map((model) => ({ ...model, content })),
    }
    put(folder, 'own.json', JSON.stringify(profile))
    const options = ['own.yaml', '--profile', 'own.json']
    expect((await run('simulate', ...options, '--replications', '2')).code).toBe(0)
    const replayed = await run('replay', ...options, '--replays', '1', '--out', 'replayed')
    expect(replayed.code, replayed.stderr).toBe(0)
    const compared = ['compare', 'replayed', '--replications', '10', '--json']
    const first = await run(...compared)
    expectExitBy(JSON.parse(first.stdout), first)

    const commands = [
      ['simulate', ...options],
      ['replay', ...options, '--out', 'refused'],
      ['run', ...options, '--out', 'refused'],
      ['requests', ...options, '--set', 'traffic.web.arrivals={process: poisson, load: 0.5}'],
      ['calibrate', 'own.yaml', '--from', 'replayed', '--out', 'replayed'],
    ]
    await build(2)
    for (const args of commands) {
      const ended = await run(...args)
      expectRefusal(ended, 6, folder)
      expect(ended.stderr, args[0]).toContain('another own.onnx')
      expect(ended.stderr, args[0]).toMatch(/: spillway (calibrate|replay) /)
    }
    // measurements of the old file do not apply to the new one, whatever predicts it
    const now = (await contentOf(scenario.models.mlp as Model, 'fp32', folder)) as string
    const fresh = { ...made, models: made.models.map((model) => ({ ...model, content: now })) }
    put(folder, 'fresh.json', JSON.stringify(fresh))
    const late = await run(...compared, '--profile', 'fresh.json')
    expectRefusal(late, 6, folder)
    expect(late.stderr).toContain('replays here ran another own.onnx')

    // what was replayed is in the folder, whatever became of the file
    expect(await run(...compared)).toMatchObject({ code: first.code, stdout: first.stdout })
    rmSync(at('own.onnx'))
    expect(await run(...compared)).toMatchObject({ code: first.code, stdout: first.stdout })
    for (const args of commands) {
      const ended = await run(...args)
      expectRefusal(ended, 3, folder)
      expect(ended.stderr, args[0]).toContain(`got nothing at ${at('own.onnx')}`)
    }
  })

  test('with a damaged copy in the cache is named by simulate and replaced by calibrate', async () => {
    put(folder, 'tiny.yaml', TINY)
    mkdirSync(at('cache'), { recursive: true })
    for (const text of ['{"document":', '{"document":"spillway-profile"}']) {
      writeFileSync(at('cache/profile.json'), text)
      const simulated = await run('simulate', 'tiny.yaml')
      expectRefusal(simulated, 3, folder)
      expect(simulated.stderr).toMatch(/cache\/profile.json: delete it, or run: spillway calibrate/)
      const calibrated = await run('calibrate', 'tiny.yaml', '--seconds', '1', '--rehearsals', '0')
      expect(calibrated.code, calibrated.stderr).toBe(0)
      expect(calibrated.stderr).toContain('cache/profile.json is replaced')
      expect((await run('simulate', 'tiny.yaml', '--replications', '2')).code).toBe(0)
    }
  })

  test('does not use a damaged model of the cache', async () => {
    put(folder, 'tiny.yaml', TINY)
    const models = readdirSync(at('cache')).filter((name) => name.endsWith('.onnx'))
    expect(models).toHaveLength(1)
    const path = at(join('cache', models[0]!))
    const content = readFileSync(path)
    writeFileSync(path, content.subarray(0, 100))
    const calibrated = await run('calibrate', 'tiny.yaml', '--seconds', '1', '--rehearsals', '0')
    expect(calibrated.code, calibrated.stderr).toBe(0)
    expect(readFileSync(path).equals(content)).toBe(true)
    expect(readdirSync(dirname(path)).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })
})
