import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { floatSamples } from '../runtime/models/npy.test-helper.ts'
import {
  type OwnInput,
  passingOn,
  withExternalData,
} from '../runtime/models/user-model.test-helper.ts'
import { type Result, resultSchema } from '../sim/documents/index.ts'
import { commandsIn, expectRefusal, put, readJson, temporaryFolder } from './spillway.ts'
import { needVulkan } from './vulkan.ts'

/** Models of the user from the first command to a replay, each with what own models may have. */

const folder = temporaryFolder()
const { run } = commandsIn(folder)
const quick = ['--seconds', '0.2', '--rehearsals', '0', '--replays', '1', '--replications', '10']

/** Calibrates, simulates, replays and compares. */
async function ran(scenario: string, out: string): Promise<Result> {
  const ended = await run('run', scenario, ...quick, '--out', out)
  expect(ended.code, ended.stderr).toBe(0)
  return resultSchema.parse(readJson(join(folder, out, 'measured.json')))
}

/** The scenario of `init --onnx`, with a rate and a time that suit a test. */
async function started(model: string, scenario: string): Promise<void> {
  const ended = await run('init', '--onnx', model, scenario)
  expect(ended.code, ended.stderr).toBe(0)
  const path = join(folder, scenario)
  const text = readFileSync(path, 'utf8')
    .replace(/(load|rate_rps): [\d.]+/, 'rate_rps: 100')
    .replace('duration_s: 20', 'duration_s: 1.5')
  writeFileSync(path, text)
}

test('a scenario of init --onnx runs as it is, with scalar, state, switch and samples', async () => {
  put(
    folder,
    'speech.onnx',
    passingOn([
      { name: 'input', type: 'FLOAT', shape: ['batch', 'samples'] },
      { name: 'state', type: 'FLOAT', shape: [2, 'batch', 128] },
      { name: 'sr', type: 'INT64', shape: [] },
      { name: 'switch', type: 'BOOL', shape: [1] },
      { name: 'image', type: 'UINT8', shape: ['batch', 4, 4, 3] },
      { name: 'gains', type: 'DOUBLE', shape: ['batch', 3] },
    ]),
  )
  await started('speech.onnx', 'speech.yaml')
  const { counts } = (await ran('speech.yaml', 'speech')).classes[0]!
  expect(counts.served).toBe(counts.arrived)
  expect(counts.served).toBeGreaterThan(10)

  put(folder, 'input.npy', floatSamples([3, 600], Array(1800).fill(0.5)))
  const override = '--set=models.speech.inputs.input.file=input.npy'
  const args = ['replay', 'speech.yaml', '--profile', 'speech/profile.json', '--replays', '1']
  // other values may take another time: their measurements are others
  const refused = await run(...args, override)
  expectRefusal(refused, 6, folder)
  const sampled = await run('run', 'speech.yaml', ...quick, override, '--out', 'sampled')
  expect(sampled.code, sampled.stderr).toBe(0)
})

test('weights in another file are loaded, and measured anew when they change', async () => {
  put(folder, 'external.onnx', withExternalData('external.onnx_data'))
  put(folder, 'external.onnx_data', new Uint8Array(32))
  await started('external.onnx', 'external.yaml')
  const { counts } = (await ran('external.yaml', 'external')).classes[0]!
  expect(counts.served).toBe(counts.arrived)
  put(folder, 'external.onnx_data', new Uint8Array(32).fill(1))
  const profile = ['--profile', 'external/profile.json']
  const changed = await run('simulate', 'external.yaml', ...profile)
  expectRefusal(changed, 6, folder)
  expect(changed.stderr).toContain('has another external.onnx on cpu')
})

test('each precision of a pool runs its file', async () => {
  const x = { name: 'x', type: 'FLOAT', shape: ['batch', 8] } as const
  put(folder, 'a.onnx', passingOn([x]))
  put(folder, 'b.onnx', passingOn([x, { ...x, name: 'y' }]))
  await started('a.onnx', 'variants.yaml')
  const files = '--set=models.a.onnx={ fp32: a.onnx, int8: b.onnx }'
  const replay = (...options: string[]) =>
    run('run', 'variants.yaml', ...quick, '--out', 'variants', files, ...options)
  const first = await replay()
  expect(first.code, first.stderr).toBe(0)
  // the other file has an input more, which the declared inputs lack
  const refused = await replay('--set=pools.central.precision=int8')
  expectRefusal(refused, 3, folder)
  expect(refused.stderr).toContain('b.onnx: inputs.y: expected float32 [free, 8], got nothing')
})

/** Of each element type: drawn values, a constant of each request, a scalar and a list. */
const TYPES = {
  FLOAT: 'float32',
  FLOAT16: 'float16',
  DOUBLE: 'float64',
  BOOL: 'bool',
  INT64: 'int64',
  INT32: 'int32',
  INT16: 'int16',
  INT8: 'int8',
  UINT64: 'uint64',
  UINT32: 'uint32',
  UINT16: 'uint16',
  UINT8: 'uint8',
} as const

test('inputs of every type and kind run on webgpu', async (context) => {
  needVulkan(context)
  const inputs: OwnInput[] = [{ name: 'samples', type: 'FLOAT', shape: ['batch', 5] }]
  const lines = ['samples: { shape: [batch, 5], file: samples.npy }']
  for (const [onnx, type] of Object.entries(TYPES) as [keyof typeof TYPES, string][]) {
    const value = type === 'bool' ? 'true' : '1'
    const kinds = [
      { name: 'drawn', shape: ['batch', 'length'], values: '' },
      { name: 'constant', shape: ['batch', 4], values: `, value: ${value}` },
      { name: 'scalar', shape: [], values: `, value: ${value}` },
      { name: 'listed', shape: [2], values: `, value: [${value}, ${value}]` },
    ]
    for (const { name, shape, values } of kinds) {
      inputs.push({ name: `${name}_${type}`, type: onnx, shape })
      lines.push(`${name}_${type}: { shape: [${shape.join(', ')}], type: ${type}${values} }`)
    }
  }
  put(folder, 'kinds.onnx', passingOn(inputs))
  put(folder, 'samples.npy', floatSamples([3, 5], Array(15).fill(0.5)))
  put(
    folder,
    'kinds.yaml',
    `spillway: 1
name: kinds
duration_s: 1.5
models:
  kinds:
    onnx: kinds.onnx
    inputs:
      ${lines.join('\n      ')}
traffic:
  - class: web
    arrivals: { process: poisson, rate_rps: 20 }
    input_tokens: { distribution: uniform, min: 3, max: 8 }
pools:
  - name: central
    execution_provider: webgpu
    model: kinds
    batching: { policy: dynamic, max_batch: 4, max_delay_ms: 2 }
`,
  )
  const { classes, warnings } = await ran('kinds.yaml', 'kinds')
  expect(classes[0]!.counts.served).toBe(classes[0]!.counts.arrived)
  // 64-bit numbers are not in WebGPU: those parts of the graph run on cpu, which is said
  expect(warnings.join('\n')).toContain('pool central: some nodes ran on cpu, not webgpu')
})
