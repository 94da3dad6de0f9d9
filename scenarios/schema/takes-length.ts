import type { Model, ModelMemory, Work } from './schema.ts'

/** Whether the work or memory of a model depends on the length of a request. */
export function takesLength(model: Model): boolean {
  if ('work' in model) {
    const { work, memory } = model
    if (LENGTHY.includes(work.law)) return true
    if (memory && growsWithLength(memory)) return true
    return dependsOnLength(work)
  }
  if ('inputs' in model) return Object.values(model.inputs).some((x) => x.shape.includes('length'))
  return isDecoder(model) || model.builtin !== 'mlp'
}

function dependsOnLength(work: Work): boolean {
  if (work.law === 'linear') return work.per_token_ms > 0
  if (work.law !== 'operations') return false
  const { gflops_per_token, gflops_per_token_squared } = work
  const { moved_mib_per_token, moved_mib_per_token_squared } = work
  const flops = gflops_per_token + gflops_per_token_squared
  return flops + moved_mib_per_token + moved_mib_per_token_squared > 0
}

const LENGTHY: readonly Work['law'][] = [
  'generation',
  'length-table',
  'transformer-encoder',
  'transformer-decoder',
]

/** The decoder that is built in. */
export type BuiltinDecoder = Extract<Model, { builtin: 'transformer-decoder' }>

export const isBuiltinDecoder = (model: Model): model is BuiltinDecoder =>
  'builtin' in model && model.builtin === 'transformer-decoder'

/** A decoder that is an ONNX file of the user. */
export type OnnxDecoder = Extract<Model, { onnx: unknown; context: number }>

export const isOnnxDecoder = (model: Model): model is OnnxDecoder =>
  'onnx' in model && 'context' in model

/** Whether a model generates with real steps, on this machine. */
export const isDecoder = (model: Model): model is BuiltinDecoder | OnnxDecoder =>
  isBuiltinDecoder(model) || isOnnxDecoder(model)

/** Whether a model generates in steps. */
export function generates(model: Model): boolean {
  if (!('work' in model)) return isDecoder(model)
  const { law } = model.work
  return law === 'generation' || law === 'transformer-decoder'
}

/** Work whose time follows from the accelerator of its pool. */
export type AcceleratedWork = Extract<
  Work,
  { law: 'transformer-encoder' | 'transformer-decoder' | 'operations' }
>

export function isAccelerated(work: Work): work is AcceleratedWork {
  return work.law === 'operations' || isTransformer(work)
}

/** Only transformers are divided among the accelerators of `tensor_parallel`. */
export function isTransformer(work: Work): work is Exclude<AcceleratedWork, { law: 'operations' }> {
  return work.law === 'transformer-encoder' || work.law === 'transformer-decoder'
}

/** For errors where lengths have no effect. */
export const LENGTH_LAWS =
  'of the declared laws, linear (with per_token_ms), length-table, generation, the transformers and operations (with keys per token) take lengths'

function growsWithLength({ input, activations, output }: ModelMemory): boolean {
  const buffers = [input, ...activations, output]
  return buffers.some((buffer) => buffer && buffer.per_token_kib + buffer.per_token_squared_kib > 0)
}
