import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { gateSchema } from '../sim/documents/index.ts'
import { commandsIn, put, readJson, temporaryFolder } from './spillway.ts'
import { expectExitBy } from './verdict-exit.ts'

/**
 * A measured gate from the command to its document. Its rule is tested on machines of known truth
 * (`gate-on-known-machine`); here a head that is so much faster that no noise hides it, at a rate
 * that keeps no machine busy.
 */

const folder = temporaryFolder()
const { run } = commandsIn(folder)

const SCENARIO = `spillway: 1
name: layers
duration_s: 10
models:
  encoder: { builtin: transformer-encoder, layers: 2, hidden: 64, heads: 2, vocabulary: 256 }
traffic:
  - class: web
    arrivals: { process: poisson, load: 0.5 }
    input_tokens: { distribution: fixed, value: 16 }
pools:
  - name: central
    model: encoder
    batching: { policy: dynamic, max_batch: 2, max_delay_ms: 0 }
`

/** Blocks at the first look, and rounds in a row that do not count before the gate ends without. */
const [LOOK, MOST_IN_A_ROW] = [10, 4]

test('a model with 2 layers in place of 40 is faster in every block', async () => {
  put(folder, 'layers.yaml', SCENARIO)
  const base = ['--against-set', 'models.encoder.layers=40']
  const options = ['--measured', '--seconds', '0.5', '--load', '0.2', '--out', 'gate']
  const ended = await run('gate', 'layers.yaml', ...base, ...options)
  const gate = gateSchema.parse(readJson(join(folder, 'gate/gate.json')))
  expectExitBy(gate, ended)
  const [one, ...others] = gate.cases
  expect(others).toEqual([])
  expect(one!.changes.scenario).toEqual(['models.encoder.layers: 40 → 2'])
  expect(gate.verdict).toBe(one!.verdict)
  const { blocks, looks, not_counted, utilisation } = one!.measured!
  expect(utilisation.head).toBeLessThan(utilisation.base)
  expect(blocks.filter(({ pools }) => !(pools[0]!.service < 0.5))).toEqual([])
  expect(blocks.filter(({ metrics }) => metrics.length !== 4)).toEqual([])
  // batches that other programs held up are left out, until too few are left
  for (const text of not_counted)
    expect(text).toMatch(/^round \d+: .* (other programs used the machine|too few to compare)/)
  if (blocks.length === 0) {
    // other programs held up so many rounds that there was nothing to judge
    expect([gate.verdict, looks, one!.metrics]).toEqual(['UNDECIDED', [], []])
    expect(not_counted.length).toBeGreaterThanOrEqual(MOST_IN_A_ROW)
  } else {
    expect(looks[0]).toBe(LOOK)
    expect(blocks).toHaveLength(looks.at(-1)!)
    const service = one!.metrics.find(({ name }) => name === 'service time')!
    expect(service).toMatchObject({ verdict: 'IMPROVED', ratio: expect.any(Number) })
    expect(service.ratio!).toBeLessThan(0.5)
    expect(gate.verdict).not.toBe('FAIL')
  }
})

/** A scenario of a model of this file, as `init --onnx` begins one. */
const FILES = `spillway: 1
name: files
duration_s: 10
models:
  net: { onnx: model.onnx, inputs: { x: { shape: [batch, 64] } } }
traffic:
  - class: web
    arrivals: { process: poisson, load: 0.5 }
pools:
  - name: central
    model: net
    batching: { policy: dynamic, max_batch: 2, max_delay_ms: 0 }
`

test('a model that is another file at the same path is compared with what it was', async () => {
  const repository = join(folder, 'repository')
  const git = (...words: string[]) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...words], {
      cwd: repository,
      stdio: 'pipe',
    })
  /** A net of some layers, at one path whatever their number. */
  async function built(layers: number): Promise<void> {
    const size = ['--layers', `${layers}`, '--width', '64']
    const ended = await run('models', 'build', 'mlp', ...size, '--out', `net-${layers}`, '--json')
    const { models } = JSON.parse(ended.stdout) as { models: [{ path: string }] }
    copyFileSync(resolve(folder, models[0].path), join(repository, 'model.onnx'))
  }
  mkdirSync(repository)
  git('init', '-q', '-b', 'main')
  put(repository, 'files.yaml', FILES)
  await built(200)
  git('add', '.')
  git('commit', '-q', '-m', 'Add a model')
  await built(2)
  const here = commandsIn(repository)
  const options = ['--measured', '--seconds', '0.5', '--load', '0.2', '--out', '../files']
  const ended = await here.run('gate', 'files.yaml', '--against-ref', 'main', ...options)
  const gate = gateSchema.parse(readJson(join(folder, 'files/gate.json')))
  expectExitBy(gate, ended)
  expect(gate.cases[0]!.changes.scenario).toEqual([
    expect.stringMatching(/^model\.onnx on cpu: [0-9a-f]{12} → [0-9a-f]{12}$/),
  ])
  expect(gate.verdict).toMatch(/^(IMPROVED|UNDECIDED)$/)
  const { blocks } = gate.cases[0]!.measured!
  expect(blocks.filter(({ pools }) => !(pools[0]!.service < 0.9))).toEqual([])
})
