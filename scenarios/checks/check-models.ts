import { takesLength } from '../takes-length.ts'
import type { Draft, Report } from './draft.ts'

export function checkModels(draft: Draft, report: Report): void {
  for (const [name, model] of draft.models) {
    const path = ['models', name]
    if (!model) continue
    if ('work' in model) {
      const { work } = model
      if (work.law === 'linear' && work.base_ms + work.per_item_ms + work.per_token_ms === 0) {
        report('value', [...path, 'work'], 'a time above 0, got a batch that takes none')
      }
      if (work.law === 'generation' && work.base_ms + work.per_sequence_ms === 0) {
        report('value', [...path, 'work'], 'a time above 0, got a step that takes none')
      }
      if (model.ragged && !takesLength(model)) {
        const text = `false, as no work of ${name} goes by length, got true`
        report('value', [...path, 'ragged'], text)
      }
    } else if ('onnx' in model) {
      for (const [key, input] of Object.entries(model.inputs)) {
        const at = [...path, 'inputs', key, 'vocabulary']
        if (input.fill === 'tokens' || !draft.has(at)) continue
        report('key', at, `no vocabulary with fill ${input.fill}, got "vocabulary"`)
      }
    } else if (model.builtin === 'transformer-encoder' && model.hidden % model.heads !== 0) {
      const text = `a multiple of heads ${model.heads}, got ${model.hidden}`
      report('value', [...path, 'hidden'], text)
    }
  }
}
