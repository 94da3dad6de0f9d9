import type { ServingPlan, TuningPlan } from '../../serving/index.ts'

/** A tuned setting was changed, as the control plane reported it. */
export interface SettingChange {
  readonly at: number
  /** its number among the tuned settings */
  readonly tuner: number
  readonly to: number
}

/** The lowest and the highest value at an instant: the same, unless it changes there. */
export type Bounds = readonly [least: number, most: number]

/** The values of tuned settings over time. */
export class Settings {
  readonly #tuning: readonly TuningPlan[]
  /** by tuned setting, in order of time */
  readonly #changes: readonly (readonly SettingChange[])[]

  constructor({ tuning = [] }: ServingPlan, changes: readonly SettingChange[]) {
    this.#tuning = tuning
    this.#changes = tuning.map((_, i) => changes.filter(({ tuner }) => tuner === i))
  }

  /** Of a setting of a pool that is `start` unless it is changed. */
  boundsAt(pool: number, setting: TuningPlan['setting'], start: number, at: number): Bounds {
    const number = this.#tuning.findIndex(
      (tuning) => tuning.pool === pool && tuning.setting === setting,
    )
    const changes = this.#changes[number] ?? []
    const after = firstAfter(changes, at)
    let before = after
    while (before > 0 && changes[before - 1]!.at === at) before--
    const values = [before === 0 ? start : changes[before - 1]!.to]
    for (let i = before; i < after; i++) values.push(changes[i]!.to)
    return [Math.min(...values), Math.max(...values)]
  }
}

function firstAfter(changes: readonly SettingChange[], at: number): number {
  let low = 0
  let high = changes.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (changes[middle]!.at <= at) low = middle + 1
    else high = middle
  }
  return low
}
