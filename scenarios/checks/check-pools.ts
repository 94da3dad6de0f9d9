import type { Draft, Report } from './draft.ts'

export function checkPools(draft: Draft, report: Report): void {
  for (const pool of draft.pools) {
    // the default stays: it is part of the hash of every scenario
    if (draft.has([...pool.path, 'accelerator'])) {
      const text = 'no accelerator yet, as a pool runs on the machine of its profile; remove it'
      report('key', [...pool.path, 'accelerator'], `${text}, got "accelerator"`)
    }
    const model = pool.model === null ? null : draft.models.get(pool.model)
    if (pool.queue?.mode === 'shared' && draft.has([...pool.path, 'queue', 'routing'])) {
      const text = 'no routing with mode shared, where replicas pull, got "routing"'
      report('key', [...pool.path, 'queue', 'routing'], text)
    }
    // for declared work with memory, the precision sets the size of the weights
    const sized = model && 'work' in model && model.memory !== undefined
    if (model && !('builtin' in model || sized) && pool.precision && pool.precision !== 'fp32') {
      const kind =
        'onnx' in model ? 'an onnx model, which runs as it is' : 'declared work without memory'
      report('value', [...pool.path, 'precision'], `fp32 for ${kind}, got ${pool.precision}`)
    }
  }
}
