import { precision } from '../schema/schema-onnx.ts'
import { isAccelerated } from '../schema/takes-length.ts'
import type { Draft, PoolDraft } from './draft.ts'

export function checkPools(draft: Draft): void {
  for (const pool of draft.pools) {
    if (pool.queue?.mode === 'shared') {
      const why = 'with mode shared the replicas take requests from one queue'
      draft.unused([...pool.path, 'queue', 'routing'], why)
    }
    checkPrecision(pool, draft)
  }
}

function checkPrecision(pool: PoolDraft, draft: Draft): void {
  const model = draft.modelOf(pool)
  if (!model || !pool.precision || 'builtin' in model) return
  const path = [...pool.path, 'precision']
  if ('onnx' in model && typeof model.onnx !== 'string') {
    if (Object.hasOwn(model.onnx, pool.precision)) return
    const files = Object.keys(model.onnx).join(', ')
    draft.refuse(path, `one of ${files}, of which model ${pool.model} has files`)
    return
  }
  // the accelerator decides, in check-accelerators
  if ('work' in model && isAccelerated(model.work)) return
  // for declared work with memory, the precision sets the size of the weights
  if (pool.precision === 'fp32') return
  if ('work' in model && model.memory !== undefined && isStored(pool.precision)) return
  if ('work' in model) draft.refuse(path, 'fp32 for declared work without memory')
  else {
    const variants = `onnx: { fp32: FILE, ${pool.precision}: FILE }`
    draft.refuse(path, `fp32, as model ${pool.model} is one file (or give it ${variants})`)
  }
}

/** Whether ONNX Runtime has weights of a precision. */
const isStored = (at: string) => (precision.options as readonly string[]).includes(at)
