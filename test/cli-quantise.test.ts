import { linkSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { floatSamples } from '../runtime/models/npy.test-helper.ts'
import { NETS, netFile } from '../runtime/models/quantisation/quantise.test-helper.ts'
import { commandsIn, expectRefusal, filesIn, put, temporaryFolder } from './spillway.ts'

/** `models quantise`: what it prints, what it writes, and what it does not overwrite. */

const folder = temporaryFolder()
const { run } = commandsIn(folder)

const SHAPES = { conv: '[batch, 3, 12, 12]', gemm: '[batch, 24]', matmul: '[batch, 5, 24]' }
const names = ['conv', 'gemm', 'matmul'] as const

for (const name of names) {
  mkdirSync(join(folder, name))
  netFile(join(folder, name), NETS[name].net, { shape: NETS[name].shape })
}
put(
  folder,
  'nets.yaml',
  `spillway: 1
name: nets
duration_s: 10
models:
${names.map((name) => `  ${name}: { onnx: ${name}/net.onnx, inputs: { x: { shape: ${SHAPES[name]} } } }`).join('\n')}
  small: { builtin: mlp, layers: 1, width: 8 }
  declared: { work: { law: exponential, mean_ms: 1 } }
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: 10 } }]
pools:
${[...names, 'small', 'declared'].map((name) => `  - { name: ${name}, model: ${name} }`).join('\n')}
`,
)
/** One model whose samples are a file, and which names a file for int8 that is to be made. */
put(
  folder,
  'sampled.yaml',
  `spillway: 1
name: sampled
duration_s: 10
models:
  ranker:
    onnx: { fp32: gemm/net.onnx, int8: ranker-int8.onnx }
    inputs: { x: { shape: [batch, 24], file: samples.npy } }
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: 10 } }]
pools: [{ name: central, model: ranker }]
`,
)
put(
  folder,
  'samples.npy',
  floatSamples(
    [10, 24],
    Array.from({ length: 240 }, (_, i) => Math.sin(i)),
  ),
)

interface Printed {
  readonly to: { readonly path: string; readonly bytes: number }
  readonly drift: { readonly inputs: number; readonly cosineMean: number; readonly sameTop: number }
}

async function quantised(...args: readonly string[]) {
  const ended = await run('models', 'quantise', ...args, '--json')
  expect(ended.code, ended.stderr).toBe(0)
  return { stderr: ended.stderr, printed: JSON.parse(ended.stdout) as Printed }
}

test.each([
  ['conv', { Conv: 2, Gemm: 0, MatMul: 0 }, { QLinearConv: 2 }],
  ['gemm', { Conv: 0, Gemm: 1, MatMul: 0 }, { QGemm: 1 }],
  ['matmul', { Conv: 0, Gemm: 0, MatMul: 1 }, { MatMulIntegerToFloat: 1 }],
])(
  '%s: the file runs with kernels of 8 bits, and gives nearly the same',
  async (name, quantisedNodes, kernels) => {
    const out = `${name}-int8.onnx`
    const { printed, stderr } = await quantised('nets.yaml', '--model', name, '--out', out)
    expect(printed).toMatchObject({
      model: name,
      from: { path: join(folder, name, 'net.onnx') },
      to: { path: out, bytes: statSync(join(folder, out)).size },
      quantised: quantisedNodes,
      leftOut: [],
      kernels,
      calibration: { samples: 32, lengths: null },
      processorMs: { from: expect.any(Number), to: expect.any(Number) },
      drift: { inputs: 32 },
    })
    expect(printed.drift.cosineMean).toBeGreaterThan(0.999)
    expect(stderr).toContain('warning: ranges and drift are those of drawn values')
    // it may stand beside the first as a file for a precision
    const inspected = await run('models', 'inspect', out)
    expect(inspected.code, inspected.stderr).toBe(0)
  },
)

test('the same samples give the same file', async () => {
  const bytes = async (out: string) => {
    await quantised('nets.yaml', '--model', 'gemm', '--samples', '4', '--out', out)
    return readFileSync(join(folder, out))
  }
  expect((await bytes('a.onnx')).equals(await bytes('b.onnx'))).toBe(true)
})

test('real samples calibrate, others compare, and the file for int8 is replaced', async () => {
  put(folder, 'ranker-int8.onnx', 'an old one')
  const { printed, stderr } = await quantised('sampled.yaml', '--out', 'ranker-int8.onnx')
  expect(printed).toMatchObject({ calibration: { samples: 5 }, drift: { inputs: 5 } })
  expect(stderr).not.toContain('drawn values')
  const ended = await run('models', 'quantise', 'sampled.yaml', '--out', 'ranker-int8.onnx')
  expect(ended.stdout.split('\n').map((line) => line.split(/ {2,}/)[0])).toEqual([
    ...['written', 'size', 'quantised', 'kernels', 'calibrated', 'processor', 'drift', ''],
  ])
  expect(ended.stdout).toContain('1 QGemm')
})

test.each([
  ['sampled.yaml', 'sampled.yaml'],
  ['sampled.yaml', 'samples.npy'],
  ['sampled.yaml', 'gemm/net.onnx'],
  ['sampled.yaml', 'linked.onnx'],
])('a quantisation of %s does not overwrite %s, which it reads', async (scenario, out) => {
  if (out === 'linked.onnx') linkSync(join(folder, 'gemm/net.onnx'), join(folder, out))
  const before = readFileSync(join(folder, out))
  const ended = await run('models', 'quantise', scenario, '--out', out)
  expectRefusal(ended, 2, folder)
  expect(ended.stderr).toContain(`--out: ${out} is read by this command; name another file`)
  expect(readFileSync(join(folder, out)).equals(before)).toBe(true)
})

test.each([
  [2, 'nets.yaml --out new.onnx', 'choose one of conv, gemm, matmul by --model'],
  [2, 'nets.yaml --model gem --out new.onnx', 'got gem; did you mean gemm?'],
  [2, 'nets.yaml --model small --out new.onnx', 'small is built in; a pool has it as int8'],
  [2, 'nets.yaml --model declared --out new.onnx', 'declared has declared work'],
  [2, 'nets.yaml --model gemm --samples 0 --out new.onnx', 'at least 1, got 0'],
  [2, 'nets.yaml --model gemm', "required option '--out <file>' not specified"],
  [2, 'nets.yaml --model gemm --out conv', '--out: conv is a folder; name a file in it'],
  [3, 'nets.yaml --model gemm --out nets.yaml/new.onnx', 'nets.yaml'],
  [3, 'sampled.yaml --set models.ranker.onnx=none.onnx --out new.onnx', 'got nothing at'],
  [
    3,
    'sampled.yaml --set models.ranker.onnx=ranker-int8.onnx --out new.onnx',
    'is quantised already',
  ],
  [
    3,
    'sampled.yaml --set models.ranker.onnx.fp32=null --set pools.central.precision=int8 --out new.onnx',
    'expected a file for fp32',
  ],
])('exit code %i: %s', async (code, words, text) => {
  const ended = await run('models', 'quantise', ...words.split(' '))
  expectRefusal(ended, code, folder)
  expect(ended.stderr).toContain(text)
  expect(filesIn(folder)).not.toContain('new.onnx')
})
