import type { Draft } from './draft.ts'

export function checkPools(draft: Draft): void {
  for (const pool of draft.pools) {
    // the default stays: it is part of the hash of every scenario
    draft.unused([...pool.path, 'accelerator'], 'a pool runs on the machine of its profile')
    if (pool.queue?.mode === 'shared') {
      const why = 'with mode shared the replicas take requests from one queue'
      draft.unused([...pool.path, 'queue', 'routing'], why)
    }
    const model = draft.modelOf(pool)
    // for declared work with memory, the precision sets the size of the weights
    const sized = model && 'work' in model && model.memory !== undefined
    if (model && !('builtin' in model || sized) && pool.precision && pool.precision !== 'fp32') {
      const kind =
        'onnx' in model ? 'an onnx model, which runs as it is' : 'declared work without memory'
      draft.refuse([...pool.path, 'precision'], `fp32 for ${kind}`)
    }
  }
}
