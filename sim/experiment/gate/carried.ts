import { type ModelProfile, type TableAt, tabulatedWork } from '../../world/index.ts'
import type { SimulationInput } from '../system/simulation-input.ts'
import { type PoolCauses, ratioAt } from './causes.ts'

/**
 * The head of a block as a simulation: the plan of the head on the machine of the base, with the
 * work, wake-up cost and overheads of the base changed as the block measured it. `causes`: by pool;
 * `base`: the model of the base's pool of the same name. So without a change both simulations are
 * one.
 */
export function carried(
  head: SimulationInput,
  base: readonly ModelProfile[],
  causes: readonly PoolCauses[],
): SimulationInput {
  const models = head.models.map((model, i) =>
    model === null ? null : changedModel(model, base[i]!, causes[i]!),
  )
  return { ...head, models }
}

function changedModel(head: ModelProfile, base: ModelProfile, causes: PoolCauses): ModelProfile {
  const { sizes, lengths, error } = head.work
  const { mean } = tabulatedWork(base.work)
  const ms = sizes.map((size) =>
    lengths.map((length) => Math.max(1e-6, mean(size, length) * ratioAt(causes, size, length))),
  )
  const { gapMs, ms: costs } = base.wake
  const { overheads } = base
  const later = (cost: number, by: number) => Math.max(0, cost + by)
  const moved = (tables: readonly TableAt[], by: number) =>
    tables.map(({ atMs, table }) => ({ atMs, table: table.map((cost) => later(cost, by)) }))
  return {
    ...head,
    work: { sizes, lengths, ms, error },
    wake: { gapMs, ms: costs.map((cost) => later(cost, causes.wake_ms)) },
    overheads: {
      ...overheads,
      dispatch: moved(overheads.dispatch, causes.dispatch_ms),
      completion: moved(overheads.completion, causes.completion_ms),
    },
  }
}
