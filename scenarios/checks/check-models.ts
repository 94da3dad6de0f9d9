import type { Path } from '../parse/located.ts'
import type { Model, Work } from '../schema/schema.ts'
import { isAccelerated, isTransformer, takesLength } from '../schema/takes-length.ts'
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
      if (model.ragged && (work.law !== 'linear' || !takesLength(model))) {
        const why = RAGGED[work.law] ?? 'does not depend on lengths'
        draft.refuse([...path, 'ragged'], `false, as the work of ${name} ${why}`)
      }
      checkSlow(work, [...path, 'work', 'slow'], draft)
      checkMeasured(work, [...path, 'work'], draft)
      checkTransformer(work, [...path, 'work'], draft)
      checkOperations(work, [...path, 'work'], draft)
      if (work.law === 'generation') {
        checkFitted(work.fitted, [...path, 'work', 'fitted'], draft)
        checkAlternatives(work, [...path, 'work'], draft)
      }
      if (isAccelerated(work)) {
        checkAlternatives(work.efficiency ?? {}, [...path, 'work', 'efficiency'], draft)
      }
    } else if ('inputs' in model) {
      checkInputs(model.inputs, [...path, 'inputs'], draft)
    } else if ('builtin' in model) {
      checkSize(model, path, draft)
      if (model.builtin !== 'mlp') checkHeads(model, path, draft)
    }
  }
}

/** Checks that slow batches are there and slow: otherwise the key has no effect. */
function checkSlow(work: Work, path: Path, draft: Draft): void {
  if (!('slow' in work) || work.slow === undefined) return
  const { share, factor } = work.slow
  if (share === 0) draft.refuse([...path, 'share'], 'above 0; remove slow for none', '0')
  if (factor === 1) draft.refuse([...path, 'factor'], 'above 1; remove slow for none', '1')
}

function checkTransformer(work: Work, path: Path, draft: Draft): void {
  if (!isTransformer(work)) return
  checkFitted(work.efficiency?.fitted, [...path, 'efficiency', 'fitted'], draft)
  checkHeads(work, path, draft)
  if (work.law === 'transformer-encoder') {
    draft.unused([...path, 'efficiency', 'fitted', 'prefill_tokens'], 'an encoder has no prefill')
    return
  }
  const { experts, active_experts: active } = work
  if (experts === undefined) draft.unused([...path, 'active_experts'], 'the model has no experts')
  else if (active === undefined) {
    draft.refuse(path, 'the key active_experts, which experts needs', 'nothing')
  } else if (active > experts) {
    draft.refuse([...path, 'active_experts'], `at most experts ${experts}`, `${active}`)
  }
}

interface Headed {
  readonly hidden: number
  readonly heads: number
  readonly kv_heads?: number | undefined
  readonly head_size?: number | undefined
}

function checkHeads(
  { hidden, heads, kv_heads, head_size }: Headed,
  path: Path,
  draft: Draft,
): void {
  if (head_size === undefined && hidden % heads !== 0) {
    draft.refuse([...path, 'hidden'], `a multiple of heads ${heads}`, `${hidden}`)
  }
  if (kv_heads === undefined || heads % kv_heads === 0) return
  draft.refuse([...path, 'kv_heads'], `a divisor of heads ${heads}`, `${kv_heads}`)
}

function checkOperations(work: Work, path: Path, draft: Draft): void {
  if (work.law !== 'operations') return
  const amounts = Object.entries(work).filter(([key]) => /^gflops|_mib/.test(key))
  if (amounts.some(([, amount]) => amount !== 0)) return
  draft.refuse(path, 'operations or bytes above 0', 'a batch that has none')
}

type Fitted = Extract<Work, { law: 'generation' }>['fitted']

/** Checks that each range of the measurements behind a fit rises. */
function checkFitted(fitted: Fitted, path: Path, draft: Draft): void {
  for (const key of ['batch', 'length', 'prefill_tokens'] as const) {
    const [low, high] = fitted?.[key] ?? [0, 0]
    if (low > high) draft.refuse([...path, key, 1], `at least ${low}, the low end`, `${high}`)
  }
  const { error = 0, worst = error } = fitted ?? {}
  if (worst < error) draft.refuse([...path, 'worst'], `at least error ${error}`, `${worst}`)
  const { width = error } = fitted ?? {}
  if (width < error) draft.refuse([...path, 'width'], `at least error ${error}`, `${width}`)
}

interface FittedLaw {
  readonly fitted?: object | undefined
  readonly alternatives?: readonly Readonly<Record<string, number | undefined>>[] | undefined
  readonly base_ms?: number
  readonly per_sequence_ms?: number
}

/** Checks laws that fit as well: each differs, and each has a time, as the stated law does. */
function checkAlternatives(law: FittedLaw, path: Path, draft: Draft): void {
  const { fitted, alternatives = [] } = law
  if (fitted === undefined) {
    draft.unused([...path, 'alternatives'], 'without fitted nothing says what the laws fit')
  }
  for (const [i, alternative] of alternatives.entries()) {
    const at = [...path, 'alternatives', i]
    if (Object.keys(alternative).length === 0) {
      draft.refuse(at, 'a value of the law', 'an empty map')
    }
    if (law.base_ms === undefined) continue
    const { base_ms = law.base_ms, per_sequence_ms = law.per_sequence_ms ?? 0 } = alternative
    if (base_ms + per_sequence_ms === 0) {
      draft.refuse(at, 'a time above 0', 'a step that takes none')
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
  const { hidden, layers, vocabulary } = model
  // hidden² times 4 for attention and twice 4 for the two dense layers
  const encoder = hidden * (12 * layers * hidden + vocabulary)
  if (model.builtin === 'transformer-encoder') return encoder
  const { heads, kv_heads = heads, context } = model
  const shared = 2 * layers * hidden * hidden * (1 - kv_heads / heads)
  // tables of tokens and of positions, and the scores of tokens
  return encoder - shared + hidden * (vocabulary + context)
}

/** Why the work of a law cannot be ragged. */
const RAGGED: Readonly<Partial<Record<Work['law'], string>>> = {
  generation: 'is in steps',
  'length-table': 'is that of padded batches',
  operations: 'is that of padded batches',
  'transformer-encoder': 'is that of padded batches',
  'transformer-decoder': 'is in steps',
}

/** The laws that are lists of measurements. */
function checkMeasured(work: Work, path: Path, draft: Draft): void {
  const rising = (key: string, values: readonly number[], before: string) =>
    checkRising(values, (i) => [...path, key, i], before, draft)
  const asMany = (at: Path, values: readonly unknown[], count: number, of: string) => {
    if (values.length === count) return
    draft.refuse([...path, ...at], `a time for each of ${count} ${of}`, `${values.length}`)
  }
  if (work.law === 'table') {
    asMany(['ms'], work.ms, work.sizes.length, 'sizes')
    rising('sizes', work.sizes, 'the size before')
  } else if (work.law === 'length-table') {
    const { sizes, lengths, ms } = work
    if (ms.length !== sizes.length) {
      draft.refuse([...path, 'ms'], `a row for each of ${sizes.length} sizes`, `${ms.length}`)
    }
    for (const [i, row] of ms.entries()) asMany(['ms', i], row, lengths.length, 'lengths')
    rising('sizes', sizes, 'the size before')
    rising('lengths', lengths, 'the length before')
  } else if (work.law === 'throughput') checkThroughput(work, path, draft)
}

function checkThroughput(
  { concurrency, throughput_rps }: Extract<Work, { law: 'throughput' }>,
  path: Path,
  draft: Draft,
): void {
  if (throughput_rps.length !== concurrency.length) {
    const text = `a throughput for each of ${concurrency.length} concurrencies`
    draft.refuse([...path, 'throughput_rps'], text, `${throughput_rps.length}`)
  }
  checkRising(concurrency, (i) => [...path, 'concurrency', i], 'the concurrency before', draft)
}
