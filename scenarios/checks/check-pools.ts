import type { Model } from '../schema.ts'
import type { Draft, PoolDraft, Report } from './draft.ts'

export function checkPools(draft: Draft, report: Report): void {
  for (const pool of draft.pools) {
    const model = pool.model === null ? null : draft.models.get(pool.model)
    if (pool.queue?.mode === 'shared' && draft.has([...pool.path, 'queue', 'routing'])) {
      const text = 'no routing with mode shared, where replicas pull, got "routing"'
      report('key', [...pool.path, 'queue', 'routing'], text)
    }
    if (model && !('builtin' in model) && pool.precision && pool.precision !== 'fp32') {
      const kind = 'onnx' in model ? 'an onnx model, which runs as it is' : 'declared work'
      report('value', [...pool.path, 'precision'], `fp32 for ${kind}, got ${pool.precision}`)
    }
    checkBatching(pool, model ?? null, report)
  }
}

function checkBatching(pool: PoolDraft, model: Model | null, report: Report): void {
  const batching = pool.batching
  const path = [...pool.path, 'batching']
  if (!batching || batching.policy === 'none') return
  const key = batching.policy === 'fixed' ? 'batch' : 'max_batch'
  const most = batching.policy === 'fixed' ? batching.batch : batching.max_batch
  if (model && 'onnx' in model && most > 1) {
    const inputs = Object.values(model.inputs)
    if (!inputs.some((input) => input.shape.includes('batch'))) {
      const why = `as no input of model ${pool.model} has a batch dimension`
      report('value', [...path, key], `1, ${why}, got ${most}`)
    }
  }
  const room = pool.queue?.max_length
  if (batching.policy === 'fixed' && room !== undefined && room < most) {
    const why = `at least ${most}, or a batch never fills`
    report('value', [...pool.path, 'queue', 'max_length'], `${why}, got ${room}`)
  }
  if (batching.policy !== 'dynamic') return
  for (const [i, size] of batching.preferred.entries()) {
    const before = batching.preferred[i - 1]
    const at = [...path, 'preferred', i]
    if (size > most) report('value', at, `at most max_batch ${most}, got ${size}`)
    else if (before !== undefined && size <= before) {
      report('value', at, `more than ${before}, the size before, got ${size}`)
    }
  }
}
