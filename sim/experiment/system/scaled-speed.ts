import type { DeclaredModel, Scenario, Work } from '../../../scenarios/schema/schema.ts'
import type { Profile } from '../../world/index.ts'
import { ASSUMED_EFFICIENCY } from '../simulation/accelerator-card.ts'

/** The scenario with declared times of batches divided by `speed`: of all, or some models. */
export function withDeclaredSpeed(
  scenario: Scenario,
  speed: number,
  of: (name: string) => boolean = () => true,
): Scenario {
  const models = Object.entries(scenario.models).map(([name, model]) => [
    name,
    'work' in model && of(name) ? { ...model, work: faster(model.work, speed) } : model,
  ])
  return { ...scenario, models: Object.fromEntries(models) as Scenario['models'] }
}

/** The work of a declared model as fast as its `speed_factor` makes it. */
export function declaredSpeed({ work, speed_factor: factor }: DeclaredModel): Work {
  return factor === undefined ? work : faster(work, factor)
}

/** The profile with measured times of batches divided by `speed`: of all, or some models. */
export function withMeasuredSpeed(
  profile: Profile,
  speed: number,
  of: (key: string) => boolean = () => true,
): Profile {
  const models = profile.models.map((model) => {
    if (!of(model.key)) return model
    return {
      ...model,
      work: { ...model.work, ms: model.work.ms.map((row) => row.map((ms) => ms / speed)) },
    }
  })
  return { ...profile, models }
}

function faster(work: Work, speed: number): Work {
  switch (work.law) {
    case 'constant':
      return { ...work, ms: work.ms / speed }
    case 'two-point':
      return { ...work, ms: work.ms / speed, slow_ms: work.slow_ms / speed }
    case 'exponential':
      return { ...work, mean_ms: work.mean_ms / speed }
    case 'linear': {
      const { base_ms, per_item_ms, per_token_ms } = work
      return {
        ...work,
        base_ms: base_ms / speed,
        per_item_ms: per_item_ms / speed,
        per_token_ms: per_token_ms / speed,
      }
    }
    case 'table':
      return { ...work, ms: work.ms.map((ms) => ms / speed) }
    case 'length-table':
      return { ...work, ms: work.ms.map((row) => row.map((ms) => ms / speed)) }
    case 'throughput':
      return { ...work, throughput_rps: work.throughput_rps.map((rps) => rps * speed) }
    case 'transformer-encoder':
    case 'transformer-decoder':
    case 'operations': {
      const { compute, memory, launch_us, ...others } = work.efficiency ?? ASSUMED_EFFICIENCY
      const efficiency = {
        ...others,
        compute: compute * speed,
        memory: memory * speed,
        launch_us: launch_us / speed,
      }
      return { ...work, efficiency }
    }
    case 'generation': {
      const { base_ms, per_sequence_ms, per_prefill_token_ms, per_context_token_ms } = work
      return {
        ...work,
        base_ms: base_ms / speed,
        per_sequence_ms: per_sequence_ms / speed,
        per_prefill_token_ms: per_prefill_token_ms / speed,
        per_context_token_ms: per_context_token_ms / speed,
      }
    }
  }
}
