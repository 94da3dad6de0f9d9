import { Failure } from '../../../scenarios/failure.ts'
import { weightBytes } from '../../accelerator/index.ts'
import { isTransformer, transformerOf, weightBitsOf } from '../simulation/transformer-times.ts'
import type { PreparedScenario } from './prepared-scenario.ts'

const GIB = 2 ** 30

/** Throws `Failure` where the weights of a transformer do not fit into its accelerators. */
export function refuseTooLarge({
  scenario,
  file,
}: Pick<PreparedScenario, 'scenario' | 'file'>): void {
  const problems = scenario.pools.flatMap((pool) => {
    const { name, model, accelerator, tensor_parallel: cards = 1, precision } = pool
    const described = scenario.models[model]!
    if (!('work' in described && isTransformer(described.work))) return []
    if (typeof accelerator === 'string') return []
    const needed = weightBytes(transformerOf(described.work), weightBitsOf(pool)) / GIB
    const held = cards * accelerator.memory_gib.value
    if (needed <= held) return []
    const each = accelerator.memory_gib.value
    const enough = Math.ceil(needed / each)
    return [
      `${file} pools.${name}.accelerator: expected ${needed.toPrecision(3)} GiB for the weights of ${model} at ${precision}, ` +
        `got ${held} GiB (${cards} x ${accelerator.name}); tensor_parallel: ${enough} or fewer bits a weight fit`,
    ]
  })
  if (problems.length > 0) throw new Failure(problems)
}
