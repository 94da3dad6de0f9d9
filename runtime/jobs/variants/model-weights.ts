import { Failure, onnxFileOf } from '../../../scenarios/index.ts'
import { builtinWeightBytes, readOnnx } from '../../models/index.ts'
import type { System } from '../prepare.ts'

/**
 * Bytes of the stored tensors of the model of each pool, at the precision of the pool; null for
 * declared work, and where a file cannot be read.
 */
export function modelWeights({ scenario, directory }: System): Promise<(number | null)[]> {
  return Promise.all(
    scenario.pools.map(async ({ model: name, precision }) => {
      const model = scenario.models[name]!
      if ('work' in model) return null
      if ('builtin' in model) return builtinWeightBytes(model, precision)
      try {
        const { graph } = await readOnnx(onnxFileOf(model, precision), directory)
        return graph?.weightBytes ?? null
      } catch (error) {
        // it can be simulated from a profile without its file
        if (error instanceof Failure) return null
        throw error
      }
    }),
  )
}
