import type { Model, ModelMemory } from './schema.ts'

/** Whether the length of a request makes a difference to a model. */
export function takesLength(model: Model): boolean {
  if ('work' in model) {
    const { work, memory } = model
    if (work.law === 'generation' || (memory && growsWithLength(memory))) return true
    return work.law === 'linear' && work.per_token_ms > 0
  }
  if ('onnx' in model) return Object.values(model.inputs).some((x) => x.shape.includes('length'))
  return model.builtin !== 'mlp'
}

function growsWithLength({ input, activations, output }: ModelMemory): boolean {
  const buffers = [input, ...activations, output]
  return buffers.some((one) => one && one.per_token_kib + one.per_token_squared_kib > 0)
}
