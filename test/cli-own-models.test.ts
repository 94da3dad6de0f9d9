import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { pastModel } from '../runtime/models/past-model.test-helper.ts'
import { passingOn, withExternalData } from '../runtime/models/user-model.test-helper.ts'
import { commandsIn, expectRefusal, filesIn, put, temporaryFolder } from './spillway.ts'

/** Models of the user: what they are, and a scenario to start from. */

const folder = temporaryFolder()
const { run } = commandsIn(folder)

mkdirSync(join(folder, 'nets'))
put(
  folder,
  'nets/speech.onnx',
  passingOn([
    { name: 'input', type: 'FLOAT', shape: ['', ''] },
    { name: 'state', type: 'FLOAT', shape: [2, '', 128] },
    { name: 'sr', type: 'INT64', shape: [] },
  ]),
)
put(folder, 'external.onnx', withExternalData('external.onnx_data'))
put(folder, 'text.onnx', 'this is no model')

test('models inspect prints names, types and shapes', async () => {
  const ended = await run('models', 'inspect', 'nets/speech.onnx')
  expect([ended.code, ended.stderr]).toEqual([0, ''])
  expect(ended.stdout).toContain('0 parameters\nopset: ai.onnx 17\n')
  expect(ended.stdout.split('\n').slice(4, 11)).toEqual([
    'input   input      float32  [free, free]',
    'input   state      float32  [2, free, 128]',
    'input   sr         int64    scalar',
    'output  input_out  float32  [free, free]',
    'output  state_out  float32  [2, free, 128]',
    'output  sr_out     int64    scalar',
    '',
  ])
  expect(ended.stdout).toContain('state: a run of a stream passes state_out to state of the next')
})

test('models inspect says whether a decoder can generate, what it costs and what is missing', async () => {
  const sizes = { layers: 2, hidden: 64, heads: 4, kvHeads: 2, vocabulary: 512, context: 160 }
  put(folder, 'decoder.onnx', pastModel({ ...sizes, seed: 1 }))
  const { stdout } = await run('models', 'inspect', 'decoder.onnx')
  expect(stdout).toContain(
    'decoder: it can generate (past_key_values and present): 2 layers, 2 heads of keys and values, 16 values each, float32\n' +
      '  vocabulary: 512\n  context: at most 160\n  keys and values of a token: 0.5 KiB\n  not paged: one cache for each',
  )
  expect(stdout).not.toContain('state: a run of a stream')
  const past = { name: 'past_key_values.0.key', type: 'FLOAT', shape: [1, 2, '', 16] } as const
  put(folder, 'half.onnx', passingOn([past]))
  const half = await run('models', 'inspect', 'half.onnx')
  expect(half.stdout).toContain('decoder: it cannot generate (past_key_values and present):\n')
  expect(half.stdout).toMatch(/ {2}input input_ids: expected int64 \[batch, tokens\], got nothing/)
})

test('models inspect names weights in other files, and whether they are there', async () => {
  const inspect = () => run('models', 'inspect', 'external.onnx')
  expect((await inspect()).stdout).toContain('external data: external.onnx_data, missing beside')
  put(folder, 'external.onnx_data', new Uint8Array(32))
  expect((await inspect()).stdout).toContain('external data: external.onnx_data, 0.000032 MB')
  const { stdout } = await run('models', 'inspect', 'external.onnx', '--json')
  expect(JSON.parse(stdout)).toMatchObject({
    parameters: 8,
    opsets: [{ domain: 'ai.onnx', version: 17 }],
    inputs: [{ name: 'x', type: 'float32', shape: ['batch', 8], rows: null }],
    externalData: [{ file: 'external.onnx_data', bytes: 32 }],
  })
})

test.each([
  ['text.onnx', 'text.onnx: expected an ONNX model, got another kind of file'],
  ['none.onnx', 'none.onnx: expected an ONNX file, got nothing at '],
  ['npm:@none/such/m.onnx', 'npm install @none/such'],
])('%s is refused, and no scenario is written', async (model, problem) => {
  for (const args of [
    ['models', 'inspect', model],
    ['init', '--onnx', model, 'refused.yaml'],
  ]) {
    const ended = await run(...args)
    expectRefusal(ended, 3, folder)
    expect(ended.stderr).toContain(problem)
  }
  expect(filesIn(folder)).not.toContain('refused.yaml')
})

test('init --onnx writes a scenario beside any folder, and the next command', async () => {
  mkdirSync(join(folder, 'sub'))
  const ended = await run('init', '--onnx', 'nets/speech.onnx', 'sub/own.yaml')
  expect([ended.code, ended.stderr]).toEqual([0, 'running a request …\n'])
  const text = readFileSync(join(folder, 'sub/own.yaml'), 'utf8')
  const choices = text.match(/# choose:/g)!.length
  expect(ended.stdout).toBe(
    'sub/own.yaml\nsub/scenario.schema.json\n' +
      `Choose: ${choices} values are marked "# choose:" in sub/own.yaml\n` +
      'Next: spillway run sub/own.yaml\n' +
      'Or only simulate: spillway calibrate sub/own.yaml && spillway simulate sub/own.yaml\n',
  )
  expect(text).toContain('onnx: ../nets/speech.onnx')
  // it is valid, and the remedy for the missing measurements is named
  const simulated = await run('simulate', 'sub/own.yaml')
  expectRefusal(simulated, 6, folder)
  expect(simulated.stderr).toContain('Run: spillway calibrate sub/own.yaml')
  expectRefusal(await run('init', '--onnx', 'nets/speech.onnx', 'sub/own.yaml'), 3, folder)
})

test('init --onnx writes a load where the model does not run as written, and says why', async () => {
  put(folder, 'alone.onnx', withExternalData('alone.onnx_data'))
  const start = async (file: string) => {
    const ended = await run('init', '--onnx', 'alone.onnx', file)
    expect(ended.code).toBe(0)
    return { ...ended, text: readFileSync(join(folder, file), 'utf8') }
  }
  const { stderr, text } = await start('load.yaml')
  expect(stderr).toContain('warning: the model did not run with the inputs as written, so its rate')
  expect(stderr).toContain('alone.onnx: keeps weights in alone.onnx_data, but there is nothing at ')
  expect(text).toContain(' load: 0.6 # choose: ')
  put(folder, 'alone.onnx_data', new Uint8Array(32))
  const rated = await start('rate.yaml')
  expect(rated.stderr).toBe('running a request …\n')
  expect(rated.text).toMatch(/ rate_rps: \d+ # choose: .* a request alone took [\d.]+ ms here\n/)
})
