import type { Model } from '../../scenarios/index.ts'
import type { InputSpec } from './model-types.ts'

/** Inputs of built-in models, apart from their builders, which load the format of ONNX. */

export type BuiltinModel = Extract<Model, { builtin: string }>
export type MlpOptions = Omit<Extract<BuiltinModel, { builtin: 'mlp' }>, 'builtin'>
export type TransformerOptions = Omit<
  Extract<BuiltinModel, { builtin: 'transformer-encoder' }>,
  'builtin' | 'pad_to'
>

/** Positions with a separate vector. */
export const MAX_POSITIONS = 4096

/** What a batch is fed with; a decoder gets its tokens from the executor that runs its steps. */
export function builtinInputs(model: BuiltinModel): readonly InputSpec[] {
  if (model.builtin === 'mlp') return mlpInputs(model)
  return model.builtin === 'transformer-encoder' ? transformerInputs(model) : []
}

export function mlpInputs({ width }: MlpOptions): readonly InputSpec[] {
  return [{ name: 'x', type: 'float32', shape: ['batch', width], fill: 'normal', vocabulary: 0 }]
}

export function transformerInputs({ vocabulary }: TransformerOptions): readonly InputSpec[] {
  const shape = ['batch', 'length'] as const
  return [
    { name: 'input_ids', type: 'int64', shape, fill: 'tokens', vocabulary },
    { name: 'attention_mask', type: 'int64', shape, fill: 'ones', vocabulary: 0 },
  ]
}
