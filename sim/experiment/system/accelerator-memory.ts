import { Failure } from '../../../scenarios/failure.ts'
import { acceleratorOf } from '../../../scenarios/schema/pool-accelerator.ts'
import type { Pool, Scenario } from '../../../scenarios/schema/schema.ts'
import { type AcceleratedWork, isAccelerated } from '../../../scenarios/schema/takes-length.ts'
import { weightBytes } from '../../accelerator/index.ts'
import { weightBitsOf } from '../simulation/accelerator-card.ts'
import { storedBytes } from '../simulation/operations-times.ts'
import { transformerOf } from '../simulation/transformer-times.ts'
import type { PreparedScenario } from './prepared-scenario.ts'

const GIB = 2 ** 30

type Sized = Pick<PreparedScenario, 'scenario' | 'file'>

/** Throws `Failure` where the weights of models do not fit into their accelerators. */
export function refuseTooLarge(prepared: Sized): void {
  const { pools, cards = [] } = prepared.scenario
  const problems = [
    ...pools.flatMap((pool) => poolProblem(prepared, pool)),
    ...cards.flatMap(({ name }) => cardProblem(prepared, name)),
  ]
  if (problems.length > 0) throw new Failure(problems)
}

function poolProblem({ scenario, file }: Sized, pool: Pool): string[] {
  const { name, model, tensor_parallel: cards = 1, precision } = pool
  const accelerator = acceleratorOf(pool)
  const needed = weightsGib(scenario, pool)
  if (needed === null || accelerator === null) return []
  const held = cards * accelerator.memory_gib.value
  if (needed <= held) return []
  const each = accelerator.memory_gib.value
  const isDivided = pool.card === undefined && lawOf(scenario, pool) !== 'operations'
  const parallel = isDivided ? `tensor_parallel: ${Math.ceil(needed / each)} or ` : ''
  return [
    `${file} pools.${name}.accelerator: expected ${needed.toPrecision(3)} GiB for the weights of ${model} at ${precision}, ` +
      `got ${held} GiB (${cards} x ${accelerator.name}); ${parallel}fewer bits a weight fit`,
  ]
}

/** Every replica on a shared card has its own copy of the weights. */
function cardProblem({ scenario, file }: Sized, card: string): string[] {
  const pools = scenario.pools.filter((pool) => pool.card === card)
  const accelerator = acceleratorOf(pools[0]!)
  const each = pools.map((pool) => pool.replicas * (weightsGib(scenario, pool) ?? 0))
  const needed = each.reduce((sum, gib) => sum + gib, 0)
  const held = accelerator?.memory_gib.value ?? Number.POSITIVE_INFINITY
  // a pool that does not fit alone is a problem by itself
  if (needed <= held || each.some((gib, i) => gib / pools[i]!.replicas > held)) return []
  return [
    `${file} cards.${card}: expected ${needed.toPrecision(3)} GiB for the weights of all its replicas, ` +
      `got ${held} GiB (${accelerator!.name}); fewer replicas or fewer bits a weight fit`,
  ]
}

function lawOf({ models }: Scenario, { model }: Pool): string | null {
  const described = models[model]!
  return 'work' in described ? described.work.law : null
}

/** GiB of the weights of a replica; null where its work does not follow from an accelerator. */
function weightsGib({ models }: Scenario, pool: Pool): number | null {
  const described = models[pool.model]!
  if (!('work' in described && isAccelerated(described.work))) return null
  return weightsOf(described.work, weightBitsOf(pool)) / GIB
}

/** Bytes of all weights; of work by operations, those that a batch reads. */
function weightsOf(work: AcceleratedWork, bits: number): number {
  return work.law === 'operations'
    ? storedBytes(work, bits)
    : weightBytes(transformerOf(work), bits)
}
