import {
  type BuiltinDecoder,
  isBuiltinDecoder,
  isDecoder,
  type OnnxDecoder,
} from '../schema/takes-length.ts'
import type { Draft, PoolDraft } from './draft.ts'
import { lengthRange } from './ordered.ts'

/** Checks the pools of decoders: where these run, and what their classes ask of them. */
export function checkDecoders(draft: Draft): void {
  for (const pool of draft.pools) {
    const model = draft.modelOf(pool)
    if (model === null || !isDecoder(model)) continue
    checkWhere(model, pool, draft)
    checkContext(model, pool, draft)
  }
}

function checkWhere(model: BuiltinDecoder | OnnxDecoder, pool: PoolDraft, draft: Draft): void {
  const { path, execution_provider: on, precision } = pool
  draft.unused([...path, 'memory'], 'generation.kv_cache.blocks states the memory of a decoder')
  if (on === null || precision === null) return
  const builtin = isBuiltinDecoder(model)
  const place = [...path, 'execution_provider']
  if (on === 'cuda') {
    const why = 'as ONNX Runtime in Node keeps no KV cache in the memory of a cuda card'
    draft.refuse(place, `${builtin ? 'cpu, or webgpu at fp16' : 'cpu'}, ${why}`)
  } else if (!builtin) {
    const why = 'as the KV cache of a decoder that is a file is in the memory of the host'
    if (on === 'webgpu') draft.refuse(place, `cpu, ${why}`)
  } else if (on === 'cpu') {
    const expected = 'fp32 or int8 for the built-in decoder on cpu; fp16 runs on webgpu'
    if (precision === 'fp16') draft.refuse([...path, 'precision'], expected)
  } else if (precision === 'fp16') checkBlocks(model, pool, draft)
  else {
    const why = 'at which alone ONNX Runtime has attention over blocks there'
    draft.refuse([...path, 'precision'], `fp16 for the built-in decoder on webgpu, ${why}`)
  }
}

/** What `PagedAttention` of ONNX Runtime takes on webgpu. */
function checkBlocks({ hidden, heads }: BuiltinDecoder, pool: PoolDraft, draft: Draft): void {
  const { path, generation } = pool
  const tokens = generation?.kv_cache?.block_tokens
  if (tokens !== undefined && (tokens < LEAST_BLOCK || !Number.isInteger(Math.log2(tokens)))) {
    const expected = `a power of two from ${LEAST_BLOCK} on webgpu`
    draft.refuse([...path, 'generation', 'kv_cache', 'block_tokens'], expected)
  }
  const size = hidden / heads
  if (!Number.isInteger(size) || size % HEAD_MULTIPLE === 0) return
  const expected = `heads whose size is a multiple of ${HEAD_MULTIPLE} on webgpu`
  draft.refuse(['models', pool.model!, 'hidden'], expected, `${hidden} / ${heads} = ${size}`)
}

/** Tokens. */
const LEAST_BLOCK = 16
const HEAD_MULTIPLE = 4

/** Lengths of traces and of sessions are known when they are read. */
function checkContext(
  { context }: BuiltinDecoder | OnnxDecoder,
  pool: PoolDraft,
  draft: Draft,
): void {
  for (const { path, input_tokens, output_tokens } of draft.classesOf(pool)) {
    if (input_tokens === null || output_tokens === null) continue
    const longest = lengthRange(input_tokens)[1] + lengthRange(output_tokens)[1] - 1
    const recorded = [input_tokens, output_tokens].some((of) => of.distribution === 'trace')
    if (recorded || longest <= context) continue
    const model = `context ${context} of model ${pool.model}`
    const text = `at most ${context} tokens of a prompt and an answer without its last, the ${model}`
    draft.refuse([...path, 'output_tokens'], text, `up to ${longest}`)
  }
}
