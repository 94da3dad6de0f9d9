import { cpSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import * as z from 'zod'
import { faultsOf, ofKind, parseTrace } from '../reports/timeline/timeline.test-helper.ts'
import { readRows } from '../runtime/folders/rows-file.ts'
import {
  type ArenaDocument,
  arenaSchema,
  comparisonSchema,
  resultSchema,
} from '../sim/documents/index.ts'
import { bytesOf, heldSums, weightsBytesOf } from '../sim/memory/index.ts'
import { profileSchema } from '../sim/world/index.ts'
import { changed, scenarioOf } from './scenarios.ts'
import { commandsIn, expectRefusal, filesIn, put, readJson, temporaryFolder } from './spillway.ts'

/** Memory from end to end in a real session; nothing here depends on the speed of the machine. */

const folder = temporaryFolder()
const { run, start } = commandsIn(folder)

const SCENARIO = `spillway: 1
name: arena
seed: 5
duration_s: 1.5
models:
  encoder:
    { builtin: transformer-encoder, layers: 1, hidden: 64, heads: 2, vocabulary: 100, pad_to: 8 }
traffic:
  - class: web
    arrivals: { process: poisson, rate_rps: 120 }
    input_tokens: { distribution: uniform, min: 1, max: 150 }
pools:
  - name: central
    model: encoder
    batching: { policy: dynamic, max_batch: 4, max_delay_ms: 4 }
    memory: { allocator: bfc, limit_mib: 256 }
`
put(folder, 'arena.yaml', SCENARIO)

const PROFILE = ['--profile', 'out/profile.json']
const text = (name: string) => readFileSync(join(folder, name), 'utf8')
const memory = (name: string) => arenaSchema.parse(readJson(join(folder, name, 'memory.json')))
const profile = () => profileSchema.parse(readJson(join(folder, 'out/profile.json')))

let printed = ''

beforeAll(async () => {
  const once = ['--rehearsals', '1', '--replays', '1']
  const quick = ['--seconds', '1', ...once, '--replications', '10']
  const ended = await run('run', 'arena.yaml', ...quick, '--out', 'out')
  expect(ended.code, ended.stderr).toBe(0)
  printed = ended.stdout
})

describe('run of a pool with memory', () => {
  test('finds the memory of the model, to the byte', () => {
    const plan = profile().models[0]!.memory!
    expect(plan.inputs).toEqual([
      ['batch', 'length'],
      ['batch', 'length'],
    ])
    const takes = plan.steps.flatMap((step) => ('take' in step ? [step] : []))
    expect(takes.filter(({ kind }) => kind === 'output')).toHaveLength(1)
    expect(takes.some(({ take }) => take.perTokenSquared > 0)).toBe(true)
  })

  test('keeps the activity of the arena with the batches of its replay', async () => {
    const document = memory('out')
    const [replica] = document.replicas
    expect(document.replicas).toHaveLength(1)
    expect(replica).toMatchObject({ pool: 'central', replica: 0, pattern: false, left_out: null })
    expect(replica!.sizes.length).toBe(replica!.batches)
    expect(replica!.batches).toBeGreaterThan(20)
    expect(replica!.extensions.length).toBeGreaterThan(1)
    expect(replica!.process.peak_mib).toBeGreaterThan(replica!.process.started_mib)
    const published = await run('schema', '--document', 'memory')
    const schema = z.fromJSONSchema(JSON.parse(published.stdout))
    expect(schema.safeParse(document).error?.issues ?? []).toEqual([])
  })

  test('the simulated arena does the same with these batches', () => {
    const { memory: rows, checks } = comparisonSchema.parse(
      readJson(join(folder, 'out/comparison.json')),
    )
    expect(checks.memory).toMatchObject({ verdict: 'PASS' })
    expect(rows![0]).toMatchObject({ error: { held: 0 }, other_from: null, verdict: 'PASS' })
    expect(rows![0]!.predicted!.held_mib.value).toBeGreaterThan(1)
    for (const shown of [printed, text('out/report.html')]) {
      expect(shown).toContain('central 1, driven')
      expect(shown).toContain('identical')
    }
  })

  test('the timeline has what the arena had in use, and the rest of the replay', async () => {
    const ended = await run('timeline', 'out', '--plain', '--out', 'drawn')
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    const trace = parseTrace(text('drawn/replay-1.timeline.json'))
    const { columns } = (await readRows(join(folder, 'out/replay-1.parquet'))).rows
    expect(faultsOf(trace, { scenario: scenarioOf(SCENARIO), columns, engines: false })).toEqual([])
    const [replica] = memory('out').replicas
    const levels = ofKind(trace, 'C').filter(({ name }) => name.includes('(observed)'))
    const peak = (replica!.apart_bytes + Math.max(...replica!.in_use_bytes)) / 2 ** 20
    expect(Math.max(...levels.map(({ args }) => args.MiB!))).toBeCloseTo(peak, 2)
    expect(levels.length).toBeGreaterThan(replica!.batches)
  })

  test('the measured result reports memory as the simulated one does', () => {
    const [simulated, measured] = ['simulated', 'measured'].map((name) =>
      resultSchema.parse(readJson(join(folder, `out/${name}.json`))),
    )
    const spaces = [simulated!, measured!].map((result) =>
      result.memory.map(({ name, pools, limit_mib, weights_mib }) => ({
        name,
        pools,
        limit_mib,
        weights_mib,
      })),
    )
    expect(spaces[0]).toHaveLength(1)
    expect(spaces[1]).toEqual(spaces[0])
    expect(measured!.memory[0]!.peak_held_mib.value).toBeGreaterThan(1)
    expect(measured!.warnings.join()).toContain('ONNX Runtime in Node takes no limit')
  })
})

describe('compare', () => {
  const compare = (from: string, ...args: string[]) =>
    run('compare', from, '--replications', '10', '--json', ...args)

  test('of the folder gives the same result', async () => {
    const ended = await compare('out', ...PROFILE)
    const again = comparisonSchema.parse(JSON.parse(ended.stdout))
    const first = comparisonSchema.parse(readJson(join(folder, 'out/comparison.json')))
    expect(again.memory).toEqual(first.memory)
    expect(again.checks.memory).toEqual(first.checks.memory)
  })

  test('fails if the profile has other memory', async () => {
    const current = profile()
    const [model] = current.models
    const steps = model!.memory!.steps.map((step) => {
      if (!('take' in step)) return step
      return { ...step, take: { ...step.take, perToken: 2 * step.take.perToken } }
    })
    const models = [{ ...model!, memory: { ...model!.memory!, steps } }]
    put(folder, 'wrong.json', JSON.stringify({ ...current, models }))
    const ended = await compare('out', '--profile', 'wrong.json')
    expect(ended.code, ended.stderr).toBe(4)
    const { checks, memory: rows, verdict } = comparisonSchema.parse(JSON.parse(ended.stdout))
    expect(checks.memory).toMatchObject({ verdict: 'FAIL' })
    expect(verdict).toBe('FAIL')
    expect(rows![0]!.other_from).not.toBe(null)
  })

  test('refuses a folder without arena data, or with that of other batches', async () => {
    cpSync(join(folder, 'out'), join(folder, 'other'), { recursive: true })
    const document = memory('out')
    const [replica] = document.replicas
    const sizes = replica!.sizes.map((size, i) => (i === 3 ? size + 1 : size))
    const changed: ArenaDocument = { ...document, replicas: [{ ...replica!, sizes }] }
    put(folder, 'other/memory.json', JSON.stringify(changed))
    const mismatched = await compare('other', ...PROFILE)
    expectRefusal(mismatched, 6, folder)
    expect(mismatched.stderr).toContain(
      'not the batches of replica 1 of central in the first replay',
    )
    rmSync(join(folder, 'other/memory.json'))
    const none = await compare('other', ...PROFILE)
    expectRefusal(none, 3, folder)
    expect(none.stderr).toContain('other/memory.json: no such file; replay the scenario again')
  })
})

describe('a live command', () => {
  test.each([
    [
      'replay',
      'allocator: caching',
      'allocator: ONNX Runtime on cpu has bfc, got caching; simulate supports it',
    ],
    [
      'run',
      'allocator: bfc, extend: same-as-requested',
      'extend: ONNX Runtime in Node has no option for the growth of its arena; simulate',
    ],
    [
      'replay',
      'allocator: bfc, out_of_memory: [split, shrink]',
      'out_of_memory: remove shrink: a replay can only split a batch that ran out of memory',
    ],
  ])('%s refuses %s by its name', async (command, memoryOf, words) => {
    put(folder, 'refused.yaml', changed(SCENARIO, ['allocator: bfc', memoryOf]))
    const ended = await run(command, 'refused.yaml', ...PROFILE, '--out', 'refused')
    expectRefusal(ended, 3, folder)
    expect(ended.stderr).toContain(`refused.yaml pools.central.memory.${words}`)
    expect(ended.stderr).not.toContain('opening')
  })

  test('follows the ledger, with the activation plans of the profile', async () => {
    const plan = profile().models[0]!.memory!
    const bytes = (size: number) =>
      Math.max(...heldSums(plan).map((sizes) => bytesOf(sizes, size, 152)))
    const limitMib = (weightsBytesOf(plan) + bytes(2)) / 2 ** 20
    put(
      folder,
      'tight.yaml',
      changed(SCENARIO, ['limit_mib: 256', `limit_mib: ${limitMib + 1e-6}`]),
    )
    const busy = ['--set', 'traffic.web.arrivals.rate_rps=2000', '--set', 'duration_s=0.5']
    const options = [...PROFILE, '--replays', '1', '--decision-log', '--out', 'tight']
    const replayed = await run('replay', 'tight.yaml', ...busy, ...options)
    expect(replayed.code, replayed.stderr).toBe(0)
    const { rows } = await readRows(join(folder, 'tight/replay-1.parquet'))
    const { batchSize, padded } = rows.columns
    const fits = (key: number) =>
      bytes(2) >=
      Math.max(...heldSums(plan).map((sizes) => bytesOf(sizes, batchSize[key]!, padded[key]!)))
    expect(Math.max(...batchSize)).toBeGreaterThan(2)
    expect([...batchSize.keys()].filter((key) => batchSize[key]! > 0 && !fits(key))).toEqual([])
    const audited = await run('audit', 'tight')
    expect(audited.code, audited.stdout).toBe(0)
    // two requests fit the ledger's bytes, but not an arena that doubles its regions
    const compared = await run('compare', 'tight', '--replications', '10')
    expect(compared.stdout, compared.stderr).toMatch(
      /^ {2}prediction .*; memory ran out only in simulations \(.*batches failed: \d+/m,
    )
    // without activation plans other decisions would follow
    rmSync(join(folder, 'tight/activations.json'))
    const unknown = await run('audit', 'tight')
    expect(unknown.code).toBe(4)
    expect(unknown.stdout).toContain('leads to other decisions')
  })

  test('is stopped by Ctrl-C while memory is observed, and leaves nothing behind', async () => {
    const args = ['arena.yaml', ...PROFILE, '--replays', '1', '--out', 'stopped']
    const started = start(['replay', ...args])
    await started.prints(/the memory of batches/)
    process.kill(-started.child.pid!, 'SIGINT')
    expectRefusal(await started.ended, 130, folder)
    expect(filesIn(join(folder, 'stopped'))).toEqual([])
  })
})
