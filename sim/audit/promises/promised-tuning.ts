import type { Scenario } from '../../../scenarios/schema/schema.ts'

/** A setting that changes while a system runs. */
export interface PromisedTuning {
  /** last key of its path */
  readonly key: string
  /** number of its pool; -1 for the router */
  readonly pool: number
}

export function promisedTuning({ tuning, pools }: Scenario): PromisedTuning[] | undefined {
  return tuning?.map(({ setting }) => {
    const steps = setting.split('.')
    const pool = steps[0] === 'pools' ? pools.findIndex(({ name }) => name === steps[1]) : -1
    return { key: steps.at(-1)!, pool }
  })
}
