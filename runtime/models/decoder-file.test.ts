import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import onnxProto from 'onnx-proto'
import { describe, expect, test } from 'vitest'
import type { Failure } from '../../scenarios/index.ts'
import { findDecoder } from './decoder-file.ts'
import { builtDecoder, type DecoderOptions, tokenBytes } from './decoder-inputs.ts'
import { materialise } from './model-file.ts'
import { readGraph } from './onnx-graph.ts'
import { pastModel } from './past-model.test-helper.ts'
import { withFolder } from './reference.test-helper.ts'
import { buildDecoder } from './transformer-decoder.ts'
import { type OwnInput, passingOn } from './user-model.test-helper.ts'
import { openWholeDecoder } from './whole-decoder.ts'
import { openWholeFile } from './whole-file.ts'

const { onnx } = onnxProto

const SIZES: DecoderOptions = {
  ...{ layers: 2, hidden: 32, heads: 4, kvHeads: 2, vocabulary: 96, context: 64, seed: 3 },
}

type Tree = InstanceType<typeof onnx.ModelProto>

/** The same file after a change of its message. */
function changed(bytes: Buffer, change: (graph: NonNullable<Tree['graph']>) => void): Buffer {
  const model = onnx.ModelProto.decode(bytes)
  change(model.graph as NonNullable<Tree['graph']>)
  return Buffer.from(onnx.ModelProto.encode(model).finish())
}

const renamed = (from: string, to: string) =>
  changed(pastModel(SIZES), ({ input, output }) => {
    for (const value of [...input!, ...output!]) if (value.name === from) value.name = to
  })

/** A size of a value in place of the one that it has. */
const resized = (bytes: Buffer, name: string, axis: number, dim: object) =>
  changed(bytes, ({ input, output }) => {
    const value = [...input!, ...output!].find((each) => each.name === name)!
    value.type!.tensorType!.shape!.dim![axis] = dim
  })

type Stated = { readonly context: number; readonly vocabulary?: number }

async function opened(bytes: Buffer, stated: Stated = { context: 64 }) {
  return withFolder(async (folder) => {
    writeFileSync(join(folder, 'own.onnx'), bytes)
    const places = { directory: folder, cacheDirectory: folder }
    const file = await materialise({ onnx: 'own.onnx', ...stated }, 'fp32', places)
    const whole = await openWholeFile(file)
    const ids = Array.from({ length: 40 }, (_, i) => (i * i) % SIZES.vocabulary)
    const answers = await whole.run(ids)
    await whole.close()
    return { file, ids, answers }
  })
}

const problemsOf = (reading: Promise<unknown>) =>
  reading.then(
    () => [],
    (error: Failure) => error.problems,
  )

describe.each([
  ['past_key_values', pastModel(SIZES)],
  ['the pool of the built-in decoder', Buffer.concat(buildDecoder(SIZES, 'fp32'))],
] as const)('a decoder with %s', (name, bytes) => {
  test('is found with its sizes, and computes what the built-in one does', async () => {
    const { file, ids, answers } = await opened(bytes)
    const past = {
      ...{ kind: 'past', layers: 2, kvHeads: 2, headSize: 8, type: 'float32' },
      optional: ['attention_mask', 'position_ids'],
    } as const
    const built = builtDecoder(SIZES, 'fp32')
    expect(file.decoder).toEqual(name === 'past_key_values' ? { ...built, layout: past } : built)
    expect(tokenBytes(file.decoder!.layout)).toBe(2 * 2 * 2 * 8 * 4)
    const whole = await openWholeDecoder(SIZES, 'fp32')
    const wanted = await whole.run(ids)
    expect(answers.map(({ token }) => token)).toEqual(wanted.map(({ token }) => token))
    for (const [i, { margin }] of answers.entries())
      expect(margin).toBeCloseTo(wanted[i]!.margin, 4)
  })

  test('has at most as much context as its table of positions has rows', async () => {
    expect(await problemsOf(opened(bytes, { context: 65 }))).toEqual([
      'own.onnx: context: expected at most 64, for which the file has positions, got 65',
    ])
  })

  test('states its vocabulary', async () => {
    expect(await problemsOf(opened(bytes, { context: 64, vocabulary: 100 }))).toEqual([
      'own.onnx: vocabulary: remove it: the file has 96, got 100',
    ])
  })
})

test('a vocabulary that the file does not state is required', async () => {
  // the rows of the table are found behind a Gather only
  const bytes = changed(resized(pastModel(SIZES), 'logits', 2, { dimParam: 'v' }), (graph) => {
    const gather = graph.node!.find(({ input }) => input?.[0] === 'embedding')!
    graph.node!.splice(graph.node!.indexOf(gather), 0, {
      ...{ opType: 'Identity', input: ['embedding'], output: ['table'] },
    } as (typeof graph.node & object)[number])
    gather.input![0] = 'table'
  })
  expect(await problemsOf(opened(bytes))).toEqual([
    'own.onnx: vocabulary: add it to the model, as the file does not state it',
  ])
  expect((await opened(bytes, { context: 64, vocabulary: 96 })).file.decoder!.vocabulary).toBe(96)
})

test.each<[string, Buffer, readonly string[]]>([
  [
    'an input that is not fed',
    renamed('position_ids', 'use_cache_branch'),
    [
      'input use_cache_branch: it chooses a branch of a merged decoder; export the decoder with past alone',
    ],
  ],
  [
    'an input of an encoder',
    renamed('position_ids', 'encoder_hidden_states'),
    [
      'input encoder_hidden_states: it is of an encoder and its decoder, which are not run together',
    ],
  ],
  [
    'another input',
    renamed('position_ids', 'token_type_ids'),
    [
      'input token_type_ids: only input_ids, attention_mask, position_ids and past_key_values.N.key and .value are fed',
    ],
  ],
  [
    'no input_ids',
    renamed('input_ids', 'inputs_embeds'),
    [
      'input input_ids: expected int64 [batch, tokens], got nothing',
      'input inputs_embeds: only input_ids, attention_mask, position_ids and past_key_values.N.key and .value are fed',
    ],
  ],
  [
    'no values of a layer',
    changed(pastModel(SIZES), ({ input }) => input!.splice(6, 1)),
    ['input past_key_values.1.value: expected float32 [batch, 2, past, 8], got nothing'],
  ],
  [
    'no present keys',
    renamed('present.0.key', 'key_out'),
    ['output present.0.key: expected float32 [batch, 2, past + tokens, 8], got nothing'],
  ],
  [
    'heads that are free',
    resized(pastModel(SIZES), 'past_key_values.0.key', 1, { dimParam: 'heads' }),
    [
      'input past_key_values.0.key: expected fixed numbers of heads and of values of a head (second and last size), got [batch_size, heads, past_sequence_length, 8]',
    ],
  ],
  [
    'another number of heads in a layer',
    resized(pastModel(SIZES), 'past_key_values.1.key', 1, { dimValue: 4 }),
    [
      'input past_key_values.1.key: expected float32 [batch, 2, past, 8], got float32 [batch_size, 4, past_sequence_length, 8]',
    ],
  ],
  [
    'a fixed number of tokens',
    resized(pastModel(SIZES), 'input_ids', 1, { dimValue: 128 }),
    ['input input_ids: expected int64 [batch, tokens], got int64 [batch_size, 128]'],
  ],
  [
    'another rank',
    changed(pastModel(SIZES), ({ output }) => {
      output!.find(({ name }) => name === 'logits')!.type!.tensorType!.shape!.dim!.pop()
    }),
    [
      'output logits: expected float32 or float16 [batch, tokens, vocabulary], got float32 [batch_size, sequence_length]',
    ],
  ],
])('%s is refused by name', async (_, bytes, problems) => {
  expect(await problemsOf(opened(bytes))).toEqual(problems.map((text) => `own.onnx: ${text}`))
})

describe('hostile files', () => {
  const float = (name: string, shape: OwnInput['shape']): OwnInput => ({
    name,
    type: 'FLOAT',
    shape,
  })

  test('another kind of file, and a model that is no decoder', async () => {
    expect(await problemsOf(opened(Buffer.from('no model')))).toEqual([
      'own.onnx: expected an ONNX model, got another kind of file',
    ])
    expect(await problemsOf(opened(passingOn([float('x', ['batch', 8])])))).toEqual([
      'own.onnx: expected a decoder with the inputs input_ids and past_key_values.N.key and .value, ' +
        'or with those of `models build transformer-decoder`, got x',
    ])
  })

  test('names alone are no decoder, and their problems end', async () => {
    const layers = Array.from({ length: 300 }, (_, i) =>
      float(`past_key_values.${7 * i}.key`, i % 2 ? [] : [0, 1, 2, 3]),
    )
    const problems = await problemsOf(opened(passingOn(layers)))
    expect(problems.length).toBeLessThan(20)
    expect(problems.at(-1)).toMatch(/own\.onnx: and \d+ more like these/)
    expect(findDecoder(readGraph(passingOn([float('past_key_values', [])]))!)).toMatchObject({
      layout: null,
    })
    const pool = passingOn([float('ids', []), float('key0', []), float('keyx', [2])])
    expect(findDecoder(readGraph(pool)!)!.problems.length).toBeGreaterThan(5)
  })

  test('keys and values that no machine holds', async () => {
    const vast = 2 ** 40
    const bytes = ['key', 'value'].reduce(
      (file, part) =>
        [0, 1].reduce(
          (file, layer) =>
            ['past_key_values', 'present'].reduce(
              (file, side) => resized(file, `${side}.${layer}.${part}`, 3, { dimValue: vast }),
              file,
            ),
          file,
        ),
      pastModel(SIZES),
    )
    expect(await problemsOf(opened(bytes))).toEqual([
      'own.onnx: keys and values of a token: expected at most 64 MiB, got 33554432',
    ])
  })

  test('sizes that the graph does not have fail when it is run', async () => {
    const bytes = ['key', 'value'].reduce(
      (file, part) =>
        ['past_key_values', 'present'].reduce(
          (file, side) =>
            [0, 1].reduce(
              (file, layer) => resized(file, `${side}.${layer}.${part}`, 3, { dimValue: 12 }),
              file,
            ),
          file,
        ),
      pastModel(SIZES),
    )
    expect((await problemsOf(opened(bytes))).join()).toMatch(
      /ONNX Runtime cannot (open|run) the model/,
    )
  })
})
