import type { Path } from '../parse/located.ts'
import type { Model, Work } from '../schema/schema.ts'
import { takesLength } from '../schema/takes-length.ts'
import { checkInputs } from './check-inputs.ts'
import type { Draft } from './draft.ts'
import { checkLimits, checkRising } from './ordered.ts'

export function checkModels(draft: Draft): void {
  for (const [name, model] of draft.models) {
    const path = ['models', name]
    if (!model) continue
    if ('work' in model) {
      const { work } = model
      if ('setup_ms' in work && typeof work.setup_ms === 'object') {
        checkLimits(work.setup_ms, [...path, 'work', 'setup_ms'], draft)
      }
      if (work.law === 'two-point' && work.slow_ms <= work.ms) {
        draft.refuse([...path, 'work', 'slow_ms'], `more than ms ${work.ms}`)
      }
      if (work.law === 'linear' && work.base_ms + work.per_item_ms + work.per_token_ms === 0) {
        draft.refuse([...path, 'work'], 'a time above 0', 'a batch that takes none')
      }
      if (work.law === 'generation' && work.base_ms + work.per_sequence_ms === 0) {
        draft.refuse([...path, 'work'], 'a time above 0', 'a step that takes none')
      }
      if (model.ragged && (work.law === 'generation' || !takesLength(model))) {
        const why = work.law === 'generation' ? 'is in steps' : 'does not depend on lengths'
        draft.refuse([...path, 'ragged'], `false, as the work of ${name} ${why}`)
      }
      if (work.law === 'table') checkTable(work, [...path, 'work'], draft)
    } else if ('onnx' in model) {
      checkInputs(model.inputs, [...path, 'inputs'], draft)
    } else {
      checkSize(model, path, draft)
      if (model.builtin !== 'transformer-encoder' || model.hidden % model.heads === 0) continue
      const text = `a multiple of heads ${model.heads}`
      draft.refuse([...path, 'hidden'], text, `${model.hidden}`)
    }
  }
}

/** As fp32, in bytes. An ONNX file holds at most 2 GiB, including everything besides weights. */
const MOST_WEIGHTS = 2e9

type BuiltinModel = Extract<Model, { builtin: string }>

function checkSize(model: BuiltinModel, path: Path, draft: Draft): void {
  const bytes = 4 * weightsOf(model)
  if (bytes <= MOST_WEIGHTS) return
  const [size, most] = [bytes, MOST_WEIGHTS].map((count) => `${(count / 1e9).toPrecision(3)} GB`)
  const at = model.builtin === 'mlp' ? 'width' : 'hidden'
  draft.refuse([...path, at], `at most ${most} of weights in fp32`, size)
}

/** Number of weights of a built-in model, without vectors. */
function weightsOf(model: BuiltinModel): number {
  if (model.builtin === 'mlp') return model.layers * model.width ** 2
  // hidden² times 4 for attention and twice 4 for the two dense layers
  return model.hidden * (12 * model.layers * model.hidden + model.vocabulary)
}

function checkTable(
  { sizes, ms }: Extract<Work, { law: 'table' }>,
  path: Path,
  draft: Draft,
): void {
  if (ms.length !== sizes.length) {
    draft.refuse([...path, 'ms'], `a time for each of ${sizes.length} sizes`, `${ms.length}`)
  }
  checkRising(sizes, (i) => [...path, 'sizes', i], 'the size before', draft)
}
