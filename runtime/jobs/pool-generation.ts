import { Failure, type LoadedScenario, type Pool } from '../../scenarios/index.ts'
import type { GenerationPlan } from '../../sim/serving/index.ts'
import { type GenerationOptions, generationOptions } from '../live/generation/generation-options.ts'
import type { ModelFile } from '../models/index.ts'

/**
 * How the executors of a pool generate; null where its model does not. Throws `Failure` where the
 * file of the model cannot do what the pool states.
 */
export function poolGeneration(
  { file }: Pick<LoadedScenario, 'file'>,
  pool: Pool,
  { decoder }: ModelFile,
  generation: GenerationPlan | undefined,
): GenerationOptions | null {
  if (decoder === undefined || generation === undefined) return null
  if (decoder.layout.kind === 'past' && generation.kv.prefixCache) {
    const path = `pools.${pool.name}.generation.kv_cache.prefix_cache`
    const why = `model ${pool.model} has past_key_values, so no sequence uses the cache of another`
    throw new Failure(`${file} ${path}: remove it: ${why}; simulate supports it`)
  }
  return generationOptions(decoder, generation)
}
