import type { Scenario } from '../../../scenarios/schema/schema.ts'
import type { Ms } from '../ports.ts'

/** What is tuned: a setting of the pool of that number, or of the router among pools. */
export type TunedSetting = 'max-batch' | 'max-delay' | 'concurrency' | 'threshold' | 'kv-blocks'

interface Shared {
  /** its path in the scenario */
  readonly name: string
  readonly setting: TunedSetting
  /** -1 for the router */
  readonly pool: number
  readonly everyMs: Ms
  readonly targetMs: Ms
  /** whether only whole numbers are allowed */
  readonly whole: boolean
  readonly start: number
}

interface Ranged extends Shared {
  readonly min: number
  readonly max: number
  /** between 0 and 100 */
  readonly percentile: number
}

interface Listed extends Shared {
  readonly values: readonly number[]
  readonly discount: number
}

export type TuningPlan =
  | (Ranged & { readonly controller: 'aimd'; readonly increase: number; readonly decrease: number })
  | (Ranged & {
      readonly controller: 'pid'
      readonly proportional: number
      readonly integral: number
      readonly derivative: number
    })
  | (Listed & { readonly controller: 'bandit' })
  | (Listed & { readonly controller: 'thompson' })

const LAST_KEYS: Readonly<Record<string, TunedSetting>> = {
  max_batch: 'max-batch',
  max_delay_ms: 'max-delay',
  limit: 'concurrency',
  threshold_tokens: 'threshold',
  blocks: 'kv-blocks',
}

export function tuningPlans(scenario: Scenario): TuningPlan[] {
  return (scenario.tuning ?? []).map((tuned) => tuningPlan(tuned, scenario))
}

type Tuned = NonNullable<Scenario['tuning']>[number]

function tuningPlan(tuned: Tuned, { pools, router }: Scenario): TuningPlan {
  const steps = tuned.setting.split('.')
  const setting = LAST_KEYS[steps.at(-1)!]!
  const pool = steps[0] === 'pools' ? pools.findIndex(({ name }) => name === steps[1]) : -1
  const own = pools[pool]
  const starts = {
    'max-batch': own?.batching.policy === 'dynamic' ? own.batching.max_batch : 1,
    'max-delay': own?.batching.policy === 'dynamic' ? own.batching.max_delay_ms : 0,
    concurrency: own?.admission.concurrency?.limit ?? 1,
    'kv-blocks': own?.generation?.kv_cache?.blocks ?? 1,
    threshold: router.policy === 'length-threshold' ? router.threshold_tokens : 1,
  }
  const shared = {
    name: tuned.setting,
    setting,
    pool,
    everyMs: 1000 * tuned.every_s,
    targetMs: tuned.target_ms,
    whole: setting !== 'max-delay',
    start: starts[setting],
  }
  switch (tuned.controller) {
    case 'aimd': {
      const { controller, min, max, percentile, increase, decrease } = tuned
      return { ...shared, controller, min, max, percentile, increase, decrease }
    }
    case 'pid': {
      const { controller, min, max, percentile, proportional, integral, derivative } = tuned
      return { ...shared, controller, min, max, percentile, proportional, integral, derivative }
    }
    case 'bandit':
    case 'thompson': {
      const { controller, values, discount } = tuned
      return { ...shared, controller, values, discount }
    }
  }
}
