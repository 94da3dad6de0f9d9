import { hashOf } from './canonical.ts'
import type { Pool, Scenario } from './schema.ts'
import { onnxFileOf } from './schema-onnx.ts'

/** Identifies the measurements of a profile: a model at a precision on a provider with threads. */
export function modelKey(scenario: Scenario, pool: Pool): string {
  const model = scenario.models[pool.model]!
  return hashOf({
    // files of other precisions do not matter to it
    model: 'onnx' in model ? { ...model, onnx: onnxFileOf(model, pool.precision) } : model,
    precision: pool.precision,
    execution_provider: pool.execution_provider,
    threads: pool.threads,
    ...(pool.target && { server: placeOf(pool.target) }),
  })
}

/** What a server is asked for; how long an answer may take does not matter to its times. */
const placeOf = ({ url, model, version }: NonNullable<Pool['target']>) => ({ url, model, version })

/** A readable name, such as `transformer-encoder 4x256 int8 on cpu`. */
export function modelLabel(scenario: Scenario, pool: Pool): string {
  const model = scenario.models[pool.model]!
  const on = pool.target?.url ?? pool.execution_provider
  const where = `${pool.precision} on ${on}`
  if ('work' in model) return `${pool.model} (declared work)`
  if ('onnx' in model) return `${onnxFileOf(model, pool.precision)} on ${on}`
  const width = model.builtin === 'mlp' ? model.width : model.hidden
  return `${model.builtin} ${model.layers}x${width} ${where}`
}
