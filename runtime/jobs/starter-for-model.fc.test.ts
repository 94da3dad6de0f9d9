import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Failure, loadScenario, type Model, parseScenario } from '../../scenarios/index.ts'
import { materialise } from '../models/index.ts'
import { pastModel } from '../models/past-model.test-helper.ts'
import { withFolder } from '../models/reference.test-helper.ts'
import { type OwnInput, passingOn } from '../models/user-model.test-helper.ts'
import { starterForDecoder } from './starter-for-decoder.ts'
import { starterForModel } from './starter-for-model.ts'

const free = (name: string, ...shape: OwnInput['shape']): OwnInput => ({
  name,
  type: 'FLOAT',
  shape,
})
const whole = (name: string, ...shape: OwnInput['shape']): OwnInput => ({
  name,
  type: 'INT64',
  shape,
})

/** The text of the starter, and the scenario that it is. */
async function starterOf(inputs: readonly OwnInput[], aloneMs: number | null = null) {
  return withFolder(async (folder) => {
    writeFileSync(join(folder, 'own.onnx'), passingOn(inputs))
    const text = await starterForModel(join(folder, 'own.onnx'), join(folder, 's.yaml'), aloneMs)
    const { scenario } = parseScenario(text, { file: 's.yaml' })
    const model = Object.values(scenario.models)[0] as Extract<Model, { inputs: unknown }>
    return { text, scenario, inputs: model.inputs }
  })
}

const shapesOf = async (...inputs: OwnInput[]) =>
  Object.values((await starterOf(inputs)).inputs).map(({ shape }) => shape)

test('the first free dimension is the batch, and a shared second one the length', async () => {
  expect(await shapesOf(whole('ids', 'rows', 'time'), whole('mask', 'rows', 'time'))).toEqual([
    ['batch', 'length'],
    ['batch', 'length'],
  ])
  expect(await shapesOf(whole('ids', '', ''), whole('mask', '', ''))).toEqual([
    ['batch', 'length'],
    ['batch', 'length'],
  ])
  expect(await shapesOf(free('x', 'n', 3, 48, 'w'))).toEqual([['batch', 3, 48, 'length']])
})

test('a dimension that is named like a batch is the batch, wherever it stands', async () => {
  expect(await shapesOf(free('x', 'time', 'batch_size', 80), free('y', 'time', 4))).toEqual([
    ['length', 'batch', 80],
    ['length', 4],
  ])
  expect(await shapesOf(free('state', 2, 'batch', 64), free('x', 'batch', 'time'))).toEqual([
    [2, 'batch', 64],
    ['batch', 'length'],
  ])
})

test('other free dimensions get an example size, which is marked', async () => {
  const { text, inputs } = await starterOf([free('image', 'n', 3, 'h', 'w')])
  expect(inputs.image!.shape).toEqual(['batch', 3, 224, 224])
  expect(text).toContain('# choose: the graph leaves 2 of these sizes free')
})

test('a model of speech gets its rate as a constant, and its state as zeros', async () => {
  const { text, inputs, scenario } = await starterOf([
    free('input', '', ''),
    free('state', 2, '', 128),
    whole('sr'),
  ])
  expect(inputs).toMatchObject({
    input: { shape: ['batch', 'length'], fill: 'normal' },
    state: { shape: [2, 'batch', 128], value: 0 },
    sr: { shape: [], type: 'int64', value: 16_000 },
  })
  expect(text).toContain('sr: { shape: [], type: int64, value: 16000 } # choose: ')
  expect(scenario.traffic[0]!.input_tokens).toEqual({ distribution: 'fixed', value: 512 })
})

test('the rate is one that a replay can send and the model can serve', async () => {
  const traffic = async (aloneMs: number | null) => {
    const { text, scenario } = await starterOf([free('x', 'n', 8)], aloneMs)
    const rate = /^ +(?:load|rate_rps): \S+/m.exec(text)![0].trim()
    return [rate, scenario.duration_s, scenario.slo.web![0]]
  }
  expect(await traffic(null)).toEqual(['load: 0.6', 20, 'p(99) latency_ms < 200'])
  expect(await traffic(0.047)).toEqual(['rate_rps: 600', 20, 'p(99) latency_ms < 200'])
  expect(await traffic(4)).toEqual(['rate_rps: 100', 20, 'p(99) latency_ms < 200'])
  expect(await traffic(180)).toEqual(['rate_rps: 2', 50, 'p(99) latency_ms < 2000'])
  expect(await traffic(5900)).toEqual(['rate_rps: 0.08', 60, 'p(99) latency_ms < 60000'])
})

test('chunks of a model that passes a state on come in streams, each with a clock', async () => {
  const speech = [free('input', '', ''), free('state', 2, '', 128)]
  const { scenario } = await starterOf(speech, 3)
  const cv = { distribution: 'fixed', value: 0.05 }
  expect(scenario.traffic[0]!.arrivals).toMatchObject({
    process: 'clients',
    clients: 5,
    rate_rps: 156.25,
    share_exponent: 0,
    cv,
  })
  expect(scenario.slo.web).toEqual(['p(99) latency_ms < 32'])
  // other models with a state are not on a clock, as far as is known
  const { text } = await starterOf([free('x', '', 80, ''), free('cache_0', '', 4)], 3)
  expect(text).toContain('process: poisson # choose: or clients, if each stream has a clock')
})

test('masks, segments, images and switches get values that fit them', async () => {
  const { inputs } = await starterOf([
    whole('input_ids', 'batch', 'time'),
    whole('attention_mask', 'batch', 'time'),
    whole('token_type_ids', 'batch', 'time'),
    { name: 'image', type: 'UINT8', shape: ['batch', 16, 16, 3] },
    { name: 'use_cache_branch', type: 'BOOL', shape: [1] },
  ])
  expect(inputs).toMatchObject({
    input_ids: { fill: 'tokens', vocabulary: 1000 },
    attention_mask: { fill: 'ones' },
    token_type_ids: { value: 0 },
    image: { type: 'uint8', fill: 'tokens', vocabulary: 256 },
    use_cache_branch: { shape: [1], value: false },
  })
})

test('a model of fixed shape runs each request alone', async () => {
  const { scenario, inputs } = await starterOf([free('input:0', 1, 128, 128, 3)])
  expect(inputs['input:0']!.shape).toEqual([1, 128, 128, 3])
  expect(scenario.pools[0]!.batching).toEqual({ policy: 'none' })
})

test('inputs that nothing can feed are refused, all at once', async () => {
  const refused = starterOf([
    { name: 'words', type: 'STRING', shape: ['batch'] },
    { name: 'z', type: 'COMPLEX64', shape: [2] },
  ])
  const { problems } = (await refused.catch((error: Failure) => error)) as Failure
  expect(problems).toEqual([
    expect.stringMatching(/own\.onnx: input words is string; inputs can be float32, /),
    expect.stringMatching(/own\.onnx: input z is complex64; inputs can be float32, /),
  ])
})

test('characters that would reorder the text of the file are escaped', async () => {
  const { text, inputs } = await starterOf([free('a\u202eb\u0007', 'n', 4)])
  expect(text).toContain('"a\\u202eb\\u0007": {')
  expect(Object.keys(inputs)).toEqual(['a\u202eb\u0007'])
})

test.each([
  [{}, 160],
  [{ positions: false }, 2048],
])('a decoder generates, within its context (%o)', async (exported, context) => {
  const sizes = { layers: 1, hidden: 16, heads: 2, kvHeads: 1, vocabulary: 64, seed: 1 }
  await withFolder(async (folder) => {
    writeFileSync(join(folder, 'own.onnx'), pastModel({ ...sizes, context: 160 }, exported))
    const file = join(folder, 's.yaml')
    const onnx = join(folder, 'own.onnx')
    writeFileSync(file, await starterForModel(onnx, file, null))
    const { scenario } = await loadScenario(file)
    expect(scenario.models).toEqual({ own: { onnx, context } })
    const [pool] = scenario.pools
    expect(pool!.generation).toMatchObject({ policy: 'continuous', max_sequences: 8 })
    const opened = materialise(scenario.models.own!, 'fp32', {
      directory: folder,
      cacheDirectory: folder,
    })
    expect((await opened).decoder).toMatchObject({ context, vocabulary: 64 })
  })
})

test('a decoder of any context has lengths that fit it', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 70_000 }),
      fc.boolean(),
      async (positions, known) => {
        const found = { positions, vocabulary: known ? 64 : null }
        const text = starterForDecoder('own', 'own.onnx', found)
        const { models } = parseScenario(text, { file: 's.yaml' }).scenario
        const { context } = Object.values(models)[0] as Extract<Model, { context: number }>
        expect(context).toBe(Math.min(2048, positions))
      },
    ),
  )
})

const size = fc.oneof(
  fc.integer({ min: 1, max: 9 }),
  fc.constantFrom('batch', 'time', 'n', '', '#'),
)
const ownInput = fc.record({
  name: fc.oneof(
    fc.constantFrom('h', 'sr', 'mask', 'past.0.key', 'null', 'x: y', '# "x"', '1', '-', 'input:0'),
    fc.string({ minLength: 1, unit: 'grapheme' }),
  ),
  type: fc.constantFrom(
    ...(['FLOAT', 'DOUBLE', 'FLOAT16', 'INT64', 'INT8', 'UINT8', 'BOOL'] as const),
  ),
  shape: fc.array(size, { maxLength: 5 }),
})

test('whatever the inputs, the scenario is valid and fits the model', async () => {
  await withFolder(async (folder) => {
    const places = { directory: folder, cacheDirectory: folder }
    const inputs = fc.uniqueArray(ownInput, {
      selector: ({ name }) => name,
      minLength: 1,
      maxLength: 4,
    })
    await fc.assert(
      fc.asyncProperty(inputs, async (own) => {
        writeFileSync(join(folder, 'own.onnx'), passingOn(own))
        const file = join(folder, 's.yaml')
        writeFileSync(file, await starterForModel(join(folder, 'own.onnx'), file, null))
        const { scenario } = await loadScenario(file)
        const found = await materialise(Object.values(scenario.models)[0]!, 'fp32', places)
        const names = (inputs: readonly { name: string }[]) => inputs.map(({ name }) => name).sort()
        expect(names(found.inputs)).toEqual(names(own))
      }),
      { numRuns: 200 },
    )
  })
})
