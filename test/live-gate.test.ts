import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { type GateBlock, type GateCase, gateSchema } from '../sim/documents/index.ts'
import { commandsIn, put, readJson, temporaryFolder } from './spillway.ts'
import { expectExitBy } from './verdict-exit.ts'

/**
 * A measured gate from the command to its document. Its rule is tested on machines of known truth
 * (`gate-on-known-machine`); here a head that is so much faster that no noise hides it in its
 * processor time, at a rate that keeps no machine busy. How many blocks count, and whether a look
 * is reached in time, depends on what else runs.
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

/** Blocks after which a gate is judged. */
const LOOKS = [10, 15, 20]
/** fresh blocks that confirm a change */
const CONFIRMATION = 10
const SHORT = ['--measured', '--seconds', '0.5', '--load', '0.2', '--max-minutes', '2']

/** Every text that a file has while `work` goes on, as far as it is seen. */
async function textsDuring<T>(path: string, work: Promise<T>): Promise<[T, string[]]> {
  const texts = new Set<string>()
  const look = setInterval(() => {
    // an atomic change leaves no moment without a whole text
    if (existsSync(path)) texts.add(readFileSync(path, 'utf8'))
  }, 100)
  try {
    return [await work, [...texts]]
  } finally {
    clearInterval(look)
  }
}

/** Whether a block shows it; by wall time other programs may hide it. */
const isFaster = ({ clock, service }: GateBlock['pools'][number], most: number) =>
  clock === 'wall' || service < most

/** A case by which its verdict follows: improved by what it has, or too little for a verdict. */
function expectFaster({ verdict, reason, metrics, measured }: GateCase): void {
  const { blocks, looks, not_counted, stalls } = measured!
  for (const text of not_counted) {
    expect(text).toMatch(/^round \d+: \d of 5 blocks: (other programs used|.* too few batches)/)
  }
  if (stalls !== undefined) {
    expect(stalls.left_out).toBeLessThanOrEqual(stalls.slices)
    expect(Math.max(stalls.base, stalls.head)).toBeLessThan(1)
  }
  expect(LOOKS.slice(0, looks.length)).toEqual(looks)
  expect(blocks.length).toBeGreaterThanOrEqual(looks.at(-1) ?? 0)
  // where there was no time to confirm it, it passes
  const isConfirmed = blocks.filter(({ fresh }) => fresh).length === CONFIRMATION
  expect(verdict).toMatch(isConfirmed ? /^(IMPROVED|UNDECIDED)$/ : /^(PASS|UNDECIDED)$/)
  if (looks.length === 0) {
    // other programs held up so much that there was nothing to judge in time
    expect([verdict, metrics]).toEqual(['UNDECIDED', []])
    expect(reason).toMatch(/^\d of at least 10 blocks.*; .*use a quieter machine$/)
    return
  }
  const service = metrics.find(({ name }) => name === 'service time')!
  // by wall time, and on a machine that changes, it may not be shown
  if (blocks.every(({ pools }) => pools[0]!.clock === 'processor')) {
    expect(service.ratio).toBeLessThan(0.5)
    expect(service.verdict).toMatch(verdict === 'IMPROVED' ? /^IMPROVED$/ : /^(IMPROVED|PASS)$/)
  }
}

test('a model with 2 layers in place of 40 is faster in every block', async () => {
  put(folder, 'layers.yaml', SCENARIO)
  const base = ['--against-set', 'models.encoder.layers=40']
  const path = join(folder, 'gate/gate.json')
  const going = run('gate', 'layers.yaml', ...base, ...SHORT, '--out', 'gate')
  const [ended, texts] = await textsDuring(path, going)
  const gate = gateSchema.parse(readJson(path))
  expectExitBy(gate, ended)
  expect(gate.interim).toBe(undefined)
  // all that stood there before is marked, and is no verdict
  for (const text of texts.filter((written) => written !== readFileSync(path, 'utf8'))) {
    const before = gateSchema.parse(JSON.parse(text))
    expect(before).toMatchObject({ interim: true, verdict: 'UNDECIDED' })
    expect(before.cases[0]!.reason).toMatch(/^the gate goes on: /)
  }
  expect(ended.stderr).toContain('the gate ends within about 2 minutes (--max-minutes)')
  const [judged, ...others] = gate.cases
  expect(others).toEqual([])
  expect(judged!.changes.scenario).toEqual(['models.encoder.layers: 40 → 2'])
  expect(gate.verdict).toBe(judged!.verdict)
  const { blocks } = judged!.measured!
  expect(blocks.filter(({ pools }) => !isFaster(pools[0]!, 0.5))).toEqual([])
  expect(blocks.filter(({ metrics }) => metrics.length !== 4)).toEqual([])
  expectFaster(judged!)
})

test('a gate without time for a round is undecided, and says so', async () => {
  put(folder, 'short.yaml', SCENARIO)
  const base = ['--against-set', 'models.encoder.layers=1', '--out', 'short']
  const short = ['--measured', '--seconds', '0.5', '--max-minutes', '0.01']
  const ended = await run('gate', 'short.yaml', ...base, ...short)
  const gate = gateSchema.parse(readJson(join(folder, 'short/gate.json')))
  expectExitBy(gate, ended)
  const [only] = gate.cases
  expect(only).toMatchObject({ verdict: 'UNDECIDED', metrics: [] })
  expect(only!.reason).toBe(
    '0 of at least 10 blocks; no further round ends within 0.01 minutes; raise --max-minutes, or use a quieter machine',
  )
  expect(only!.measured).toMatchObject({ blocks: [], looks: [], max_minutes: 0.01 })
  expect(only!.measured!.stalls).toBe(undefined)
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
  const options = ['--against-ref', 'main', ...SHORT, '--out', '../files']
  const ended = await here.run('gate', 'files.yaml', ...options)
  const gate = gateSchema.parse(readJson(join(folder, 'files/gate.json')))
  expectExitBy(gate, ended)
  expect(gate.cases[0]!.changes.scenario).toEqual([
    expect.stringMatching(/^model\.onnx on cpu: [0-9a-f]{12} → [0-9a-f]{12}$/),
  ])
  const { blocks } = gate.cases[0]!.measured!
  expect(blocks.filter(({ pools }) => !isFaster(pools[0]!, 0.9))).toEqual([])
  expectFaster(gate.cases[0]!)
})
