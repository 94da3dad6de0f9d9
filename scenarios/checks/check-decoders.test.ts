import { describe, expect, test } from 'vitest'
import { problemsIn } from './problems.test-helper.ts'

const OF = {
  model: '',
  pool: '',
  traffic: 'input_tokens: { distribution: uniform, min: 8, max: 200 }',
  answers: '{ distribution: fixed, value: 20 }',
  generation: '{ policy: continuous, max_sequences: 4, kv_cache: { blocks: 100 } }',
}

const scenario = ({ model, pool, traffic, answers, generation }: typeof OF) => `spillway: 1
name: decoder
duration_s: 1
models: { m: { builtin: transformer-decoder, context: 256${model} } }
traffic:
  - class: chat
    arrivals: { process: poisson, rate_rps: 1 }
    ${traffic}
    output_tokens: ${answers}
pools: [{ name: engine, model: m, generation: ${generation}${pool} }]
`

const ON_WEBGPU = ', execution_provider: webgpu, precision: fp16'

test('a decoder with generation is valid', () => {
  expect(problemsIn(scenario(OF))).toEqual([])
  expect(
    problemsIn(scenario({ ...OF, pool: ', precision: int8', model: ', kv_heads: 2' })),
  ).toEqual([])
  expect(problemsIn(scenario({ ...OF, pool: ON_WEBGPU }))).toEqual([])
  const generation =
    '{ policy: continuous, max_sequences: 4, kv_cache: { blocks: 10, block_tokens: 256 } }'
  expect(problemsIn(scenario({ ...OF, pool: ON_WEBGPU, generation }))).toEqual([])
})

test.each<[Partial<typeof OF>, string]>([
  [{ model: ', hidden: 250' }, 'models.m.hidden: expected a multiple of heads 4, got 250'],
  [{ model: ', kv_heads: 3' }, 'models.m.kv_heads: expected a divisor of heads 4, got 3'],
  [
    { model: ', hidden: 16384' },
    'models.m.hidden: expected at most 2.00 GB of weights in fp32, got 52.6 GB',
  ],
  [
    { answers: '{ distribution: uniform, min: 1, max: 60 }' },
    'traffic.chat.output_tokens: expected at most 256 tokens of a prompt and an answer without its ' +
      'last, the context 256 of model m, got up to 259',
  ],
  [
    { pool: ', precision: fp16' },
    'pools.engine.precision: expected fp32 or int8 for the built-in decoder on cpu; fp16 runs on ' +
      'webgpu, got "fp16"',
  ],
  [
    { pool: ', precision: int8, execution_provider: webgpu' },
    'pools.engine.precision: expected fp16 for the built-in decoder on webgpu, at which alone ONNX ' +
      'Runtime has attention over blocks there, got "int8"',
  ],
  [
    { pool: ', execution_provider: webgpu' },
    'pools.engine.precision: expected fp16 for the built-in decoder on webgpu, at which alone ONNX ' +
      'Runtime has attention over blocks there, got nothing',
  ],
  [
    { pool: ', execution_provider: cuda, precision: fp16' },
    'pools.engine.execution_provider: expected cpu, or webgpu at fp16, as ONNX Runtime in Node ' +
      'keeps no KV cache in the memory of a cuda card, got "cuda"',
  ],
  ...[8, 24].map((tokens): [Partial<typeof OF>, string] => [
    {
      pool: ON_WEBGPU,
      generation: `{ policy: continuous, kv_cache: { blocks: 100, block_tokens: ${tokens} } }`,
    },
    'pools.engine.generation.kv_cache.block_tokens: expected a power of two from 16 on webgpu, ' +
      `got ${tokens}`,
  ]),
  [
    { pool: ON_WEBGPU, model: ', hidden: 120' },
    'models.m.hidden: expected heads whose size is a multiple of 4 on webgpu, got 120 / 4 = 30',
  ],
  [
    { pool: ', memory: { allocator: paged, limit_mib: 100 }' },
    'pools.engine.memory: remove memory: generation.kv_cache.blocks states the memory of a decoder',
  ],
])('%o is refused', (part, problem) => {
  expect(problemsIn(scenario({ ...OF, ...part }))).toEqual([problem])
})

describe('a decoder of an ONNX file', () => {
  const own = (part: Partial<typeof OF> = {}, model = 'onnx: own.onnx, context: 256') =>
    scenario({ ...OF, ...part }).replace('builtin: transformer-decoder, context: 256', model)

  test('is valid at each precision, and where it states its vocabulary', () => {
    expect(problemsIn(own())).toEqual([])
    expect(problemsIn(own({ model: ', vocabulary: 32000' }))).toEqual([])
    const files = 'onnx: { fp32: a.onnx, fp16: b.onnx }, context: 256'
    expect(problemsIn(own({ pool: ', precision: fp16' }, files))).toEqual([])
  })

  test.each<[Partial<typeof OF>, string]>([
    [
      { model: ', inputs: {}' },
      'models.m.context: unknown key; expected one of onnx, inputs, pad_to',
    ],
    [
      { pool: ', execution_provider: cuda' },
      'pools.engine.execution_provider: expected cpu, as ONNX Runtime in Node keeps no KV cache in ' +
        'the memory of a cuda card, got "cuda"',
    ],
    [
      { pool: ', execution_provider: webgpu' },
      'pools.engine.execution_provider: expected cpu, as the KV cache of a decoder that is a file ' +
        'is in the memory of the host, got "webgpu"',
    ],
    [
      { pool: ', memory: { allocator: paged, limit_mib: 100 }' },
      'pools.engine.memory: remove memory: generation.kv_cache.blocks states the memory of a decoder',
    ],
    [
      { answers: '{ distribution: fixed, value: 58 }' },
      'traffic.chat.output_tokens: expected at most 256 tokens of a prompt and an answer without its ' +
        'last, the context 256 of model m, got up to 257',
    ],
    [
      { pool: ', batching: { policy: none }' },
      'pools.engine.batching: remove batching: generation determines which sequences run together',
    ],
  ])('%o is refused', (part, problem) => {
    expect(problemsIn(own(part))).toEqual([problem])
  })

  test('needs generation, and a context or inputs', () => {
    const without = own().replace(`, generation: ${OF.generation}`, '')
    expect(problemsIn(without).join('\n')).toContain(
      'pools.engine: expected the key generation, as model m is a decoder, got nothing',
    )
    expect(problemsIn(own({}, 'onnx: own.onnx')).join('\n')).toContain('models.m.inputs: expected')
  })
})

test('a decoder needs generation, and other models that are built in have none', () => {
  const text = scenario(OF)
  const without = text.replace(`, generation: ${OF.generation}`, '')
  expect(problemsIn(without).join('\n')).toContain(
    'pools.engine: expected the key generation, as model m is a decoder, got nothing',
  )
  const encoder = text.replace('transformer-decoder, context: 256', 'transformer-encoder')
  expect(problemsIn(encoder)).toContain(
    'pools.engine.generation: remove generation: model m is not a decoder',
  )
})
