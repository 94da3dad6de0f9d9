import type { Scenario } from '../../../scenarios/schema/schema.ts'
import { type DeepCamel, inCamelCase } from '../camel-case.ts'
import type { Ms } from '../ports.ts'

/** What is tuned: a setting of the pool of that number, or of the router among pools. */
export type TunedSetting = 'max-batch' | 'max-delay' | 'concurrency' | 'threshold' | 'kv-blocks'

type Tuned = NonNullable<Scenario['tuning']>[number]
/** The settings of a controller. */
type Settings<T> = T extends unknown ? DeepCamel<Omit<T, 'setting' | 'every_s'>> : never

export type TuningPlan = Settings<Tuned> & {
  /** its path in the scenario */
  readonly name: string
  readonly setting: TunedSetting
  /** -1 for the router */
  readonly pool: number
  readonly everyMs: Ms
  /** whether only whole numbers are allowed */
  readonly whole: boolean
  readonly start: number
}

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

function tuningPlan(tuned: Tuned, { pools, router }: Scenario): TuningPlan {
  const steps = tuned.setting.split('.')
  const setting = LAST_KEYS[steps.at(-1)!]!
  const pool = steps[0] === 'pools' ? pools.findIndex(({ name }) => name === steps[1]) : -1
  const described = pools[pool]
  const starts = {
    'max-batch': described?.batching.policy === 'dynamic' ? described.batching.max_batch : 1,
    'max-delay': described?.batching.policy === 'dynamic' ? described.batching.max_delay_ms : 0,
    concurrency: described?.admission.concurrency?.limit ?? 1,
    'kv-blocks': described?.generation?.kv_cache?.blocks ?? 1,
    threshold: router.policy === 'length-threshold' ? router.threshold_tokens : 1,
  }
  const { setting: name, every_s, ...settings } = tuned
  return {
    ...inCamelCase(settings),
    name,
    setting,
    pool,
    everyMs: 1000 * every_s,
    whole: setting !== 'max-delay',
    start: starts[setting],
  }
}
