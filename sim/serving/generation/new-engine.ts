import { ContinuousEngine } from './continuous-engine.ts'
import type { Engine } from './engine.ts'
import type { EngineHost } from './engine-host.ts'
import type { GenerationPlan } from './generation-plan.ts'
import { StaticEngine } from './static-engine.ts'

const engines = Object.freeze({ continuous: ContinuousEngine, static: StaticEngine })

/** An engine of a plan's policy. */
export function newEngine(executor: number, plan: GenerationPlan, host: EngineHost): Engine {
  return new engines[plan.policy](executor, plan, host)
}
