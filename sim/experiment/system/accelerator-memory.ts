import { Failure } from '../../../scenarios/failure.ts'
import { acceleratorOf } from '../../../scenarios/schema/pool-accelerator.ts'
import { type AcceleratedWork, isAccelerated } from '../../../scenarios/schema/takes-length.ts'
import { weightBytes } from '../../accelerator/index.ts'
import { weightBitsOf } from '../simulation/accelerator-card.ts'
import { storedBytes } from '../simulation/operations-times.ts'
import { transformerOf } from '../simulation/transformer-times.ts'
import type { PreparedScenario } from './prepared-scenario.ts'

const GIB = 2 ** 30

/** Throws `Failure` where the weights of a model do not fit into its accelerators. */
export function refuseTooLarge({
  scenario,
  file,
}: Pick<PreparedScenario, 'scenario' | 'file'>): void {
  const problems = scenario.pools.flatMap((pool) => {
    const { name, model, tensor_parallel: cards = 1, precision } = pool
    const accelerator = acceleratorOf(pool)
    const described = scenario.models[model]!
    if (!('work' in described && isAccelerated(described.work))) return []
    if (accelerator === null) return []
    const needed = weightsOf(described.work, weightBitsOf(pool)) / GIB
    const held = cards * accelerator.memory_gib.value
    if (needed <= held) return []
    const each = accelerator.memory_gib.value
    const parallel =
      described.work.law === 'operations' ? '' : `tensor_parallel: ${Math.ceil(needed / each)} or `
    return [
      `${file} pools.${name}.accelerator: expected ${needed.toPrecision(3)} GiB for the weights of ${model} at ${precision}, ` +
        `got ${held} GiB (${cards} x ${accelerator.name}); ${parallel}fewer bits a weight fit`,
    ]
  })
  if (problems.length > 0) throw new Failure(problems)
}

/** Bytes of all weights; of work by operations, those that a batch reads. */
function weightsOf(work: AcceleratedWork, bits: number): number {
  return work.law === 'operations'
    ? storedBytes(work, bits)
    : weightBytes(transformerOf(work), bits)
}
