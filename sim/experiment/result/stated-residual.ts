import type { Scenario } from '../../../scenarios/schema/schema.ts'
import type { Assumptions } from '../../documents/index.ts'

type StatedResidual = NonNullable<Assumptions['batch_times'][number]['residual']>

/** The scatter that the law of a pool states, null for none; the variance of all is a product's. */
export function statedResidual(
  { pools, models }: Pick<Scenario, 'pools' | 'models'>,
  index: number,
): StatedResidual | null {
  const model = models[pools[index]!.model]!
  if (!('work' in model) || !('cv' in model.work || 'slow' in model.work)) return null
  const { cv = 0, slow = null } = model.work
  if (cv === 0 && slow === null) return null
  const { share, factor } = slow ?? { share: 0, factor: 1 }
  const second = (1 + share * (factor ** 2 - 1)) / (1 + share * (factor - 1)) ** 2
  return { cv, slow, of_all: Math.sqrt((1 + cv ** 2) * second - 1) }
}
