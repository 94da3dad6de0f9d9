import type { Model } from './schema.ts'

/** Whether the length of a request makes a difference to a model. */
export function takesLength(model: Model): boolean {
  if ('work' in model) {
    const { work } = model
    return work.law === 'generation' || (work.law === 'linear' && work.per_token_ms > 0)
  }
  if ('onnx' in model) return Object.values(model.inputs).some((x) => x.shape.includes('length'))
  return model.builtin !== 'mlp'
}
