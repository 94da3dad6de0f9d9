import type { ModelMemory, Precision } from '../../scenarios/schema/schema.ts'
import type { ActivationPlan, ActivationStep, Bytes } from './activation-plan.ts'

const KIB = 1024
const MILLION = 1e6

/** Bytes of a parameter. */
const PRECISION_BYTES: Readonly<Record<Precision, number>> = Object.freeze({
  fp32: 4,
  tf32: 4,
  fp16: 2,
  fp8: 1,
  int8: 1,
  int4: 0.5,
})

/** Memory of a declared model at a precision: input first, activations in order, output last. */
export function declaredPlan(memory: ModelMemory, precision: Precision): ActivationPlan {
  const steps: ActivationStep[] = []
  const frees = new Map<number, number[]>()
  let taken = 0
  let activations = 0
  const take = (buffer: DeclaredBuffer, kind: 'activation' | 'input' | 'output') => {
    steps.push({ take: declaredBytes(buffer), kind })
    return taken++
  }
  if (memory.input) take(memory.input, 'input')
  for (const buffer of memory.activations) {
    const handle = take(buffer, 'activation')
    const until = activations + buffer.lives
    frees.set(until, [...(frees.get(until) ?? []), handle])
    for (const free of frees.get(activations) ?? []) steps.push({ free })
    frees.delete(activations++)
  }
  if (memory.output) take(memory.output, 'output')
  for (const free of [...frees.values()].flat()) steps.push({ free })
  // rounding errors of decimal millions would leave fractions of a byte
  const weights = Math.round(memory.parameters_millions * MILLION * PRECISION_BYTES[precision])
  return { weights: weights > 0 ? [weights] : [], steps, inputs: [['batch', 'length']] }
}

/** Bytes of the KV cache for one token; null where the model has none. */
export function kvTokenBytes({ kv_cache: cache }: ModelMemory): number | null {
  if (cache === undefined) return null
  return 2 * cache.layers * cache.heads * cache.head_size * PRECISION_BYTES[cache.precision]
}

type DeclaredBuffer = NonNullable<ModelMemory['input']>

const declaredBytes = (buffer: DeclaredBuffer): Bytes => ({
  fixed: KIB * buffer.kib,
  perLength: 0,
  perItem: KIB * buffer.per_item_kib,
  perToken: KIB * buffer.per_token_kib,
  perTokenSquared: KIB * buffer.per_token_squared_kib,
})
