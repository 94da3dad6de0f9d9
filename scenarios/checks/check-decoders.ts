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

function checkWhere(
  model: BuiltinDecoder | OnnxDecoder,
  { path, execution_provider: on, precision }: PoolDraft,
  draft: Draft,
): void {
  const why = 'as the KV cache of a decoder is in the memory of the host'
  if (on !== null && on !== 'cpu') draft.refuse([...path, 'execution_provider'], `cpu, ${why}`)
  if (precision === 'fp16' && isBuiltinDecoder(model)) {
    draft.refuse([...path, 'precision'], 'fp32 or int8 for the built-in decoder')
  }
  draft.unused([...path, 'memory'], 'generation.kv_cache.blocks states the memory of a decoder')
}

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
