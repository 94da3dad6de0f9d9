import { expect, test } from 'vitest'
import { netOf } from '../runtime/models/operations/net.test-helper.ts'
import { commandsIn, expectRefusal, put, temporaryFolder } from './spillway.ts'

/** The operations of an ONNX file, and a scenario of an accelerator that has no such file. */

const folder = temporaryFolder()
const { run } = commandsIn(folder)

const convolution = { operator: 'Conv', weights: [[16, 3, 3, 3]] }
const sized = { pixels: [0, 0, 0, 0] }
const toFloat = { operator: 'Cast', attributes: { to: 1 } }
put(folder, 'image.onnx', netOf(sized, [convolution, { operator: 'Relu' }]))
put(folder, 'odd.onnx', netOf({ x: [0, 0] }, [{ operator: 'NonZero' }, toFloat]))

test('models inspect counts the operations of batches, for shapes that are stated', async () => {
  const shape = ['--shape', 'pixels=batch,3,34,66', '--batches', '4,1']
  const ended = await run('models', 'inspect', 'image.onnx', ...shape)
  expect([ended.code, ended.stderr]).toEqual([0, ''])
  // 32 x 64 pixels of 16 channels, of 27 terms
  const gflops = (2 * 32 * 64 * 16 * 27) / 1e9
  expect(ended.stdout).toContain('operations at fp32, with pixels [batch, 3, 34, 66]\n')
  expect(ended.stdout).toMatch(
    /^batch +GFLOPs +moved MiB +weights MiB +kernels\n1 +0\.00177 .* 2$/m,
  )
  const { stdout } = await run('models', 'inspect', 'image.onnx', ...shape, '--json')
  const { operations } = JSON.parse(stdout)
  expect(operations.work).toMatchObject({ kernels: 2, gflops_per_token: 0 })
  expect(operations.work.gflops_per_item).toBeCloseTo(gflops, 9)
  expect(operations.counted).toHaveLength(2)
  expect(operations.errors.flops).toBeLessThan(1e-6)
})

test('models inspect --work prints work that a scenario takes, on a card of the catalogue', async () => {
  const args = ['models', 'build', 'transformer-encoder', '--layers', '2', '--hidden', '64']
  await run(...args, '--heads', '2', '--vocabulary', '100')
  const file = 'transformer-encoder-2x64-heads2-vocabulary100-fp32-seed1-v2.onnx'
  const { stdout, stderr } = await run('models', 'inspect', file, '--work')
  expect(stderr).toBe('')
  expect(stdout).toMatch(/^# operations of transformer-encoder-2x64/)
  expect(stdout).toContain('batches of 1, 2, 8 and lengths 32, 64, 128, 256\n')
  expect(stdout).toMatch(/\nwork:\n {2}law: operations\n {2}gflops_per_token: 0\.000196608\n/)
  const work = stdout.replaceAll(/^/gm, '    ')
  put(
    folder,
    'card.yaml',
    `spillway: 1
name: card
duration_s: 10
models:
  encoder:
${work}
traffic:
  - class: web
    arrivals: { process: poisson, rate_rps: 100 }
    input_tokens: { distribution: fixed, value: 128 }
pools: [{ name: central, model: encoder, accelerator: l4, precision: fp16 }]
`,
  )
  const simulated = await run('simulate', 'card.yaml', '--json')
  expect(simulated.code).toBe(0)
  const local = await run('simulate', 'card.yaml', '--set', 'pools.central.accelerator=local')
  expectRefusal(local, 3, folder)
  expect(local.stderr).toContain('as the work of model encoder is of law operations, got local')
})

test('models inspect names what is not counted', async () => {
  const ended = await run('models', 'inspect', 'odd.onnx', '--shape', 'x=batch,4', '--work')
  const left =
    'not counted: 1 NonZero (unknown work), 1 Cast (unknown shapes); the totals are too low'
  expect(ended.stdout).toContain(`# ${left}`)
})

test.each([
  [['--shape', 'pixel=batch,3,8,8'], 3, 'image.onnx: --shape: inputs: expected one of pixels, got'],
  [['--shape', 'pixels=batch,3,8'], 3, 'image.onnx: --shape: inputs.pixels.shape: expected '],
  [['--shape', 'pixels=batch,3,x,8'], 3, '--shape: expected INPUT=SIZES with numbers, batch and'],
  [['--shape', 'pixels=1,3,8,8', '--batches', '2'], 3, 'remove --batches: no input has a dim'],
  [
    ['--shape', 'pixels=batch,4,8,8'],
    3,
    'a batch of 1: a Conv takes 3 channels or features, got 4; change --shape',
  ],
  [['--batches', '1,0'], 2, 'Expected whole numbers such as 1,8, got 1,0.'],
])('models inspect image.onnx %j is refused', async (args, code, problem) => {
  const ended = await run('models', 'inspect', 'image.onnx', ...args)
  expectRefusal(ended, code, folder)
  expect(ended.stderr).toContain(problem)
})

test('a file whose shapes are guessed wrongly is inspected all the same, with the reason', async () => {
  const ended = await run('models', 'inspect', 'image.onnx')
  expect([ended.code, ended.stderr]).toEqual([0, ''])
  expect(ended.stdout).toMatch(/\noperations: not counted: a batch of 1: .*; change --shape, /)
  const { stdout } = await run('models', 'inspect', 'image.onnx', '--json')
  expect(JSON.parse(stdout)).toMatchObject({ operations: null, parameters: 16 * 27 })
  // it cannot be work
  expectRefusal(await run('models', 'inspect', 'image.onnx', '--work'), 3, folder)
})
