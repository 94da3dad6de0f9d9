import type { Ms } from '../serving/index.ts'
import type { ModelMove } from '../stats/index.ts'
import type { LoadEnd, ModelLoads } from '../world/index.ts'

/** How long a load took that began then; null for one that found no memory. */
interface Took {
  readonly asked: Ms
  readonly ms: Ms | null
}

/**
 * Loads as long as those of a replay, as a field in time: of each executor that of the load that
 * began nearest to it. So one load more or less shifts none of the others. They count from when the
 * control plane asked to when it knew: what went before to make room is in it. One that found no
 * memory fails at once.
 */
export class RecordedLoads implements ModelLoads {
  readonly #own = new Map<number, Took[]>()
  readonly #all: readonly Took[]

  constructor(moves: readonly ModelMove[]) {
    const loads = moves.filter(({ kind }) => kind === 'load')
    for (const { executor, asked, done, ok } of loads) {
      const own = this.#own.get(executor) ?? []
      this.#own.set(executor, own)
      own.push({ asked, ms: ok ? done - asked : null })
    }
    this.#all = [...this.#own.values()].flat()
  }

  load(now: Ms, executor: number): readonly LoadEnd[] | null {
    // of one that never came in the replay others have to tell
    const took = this.#own.get(executor) ?? this.#all
    const { ms } = took.reduce(
      (best, one) => (Math.abs(one.asked - now) < Math.abs(best.asked - now) ? one : best),
      took[0] ?? { asked: now, ms: 0 },
    )
    return ms === null ? null : [{ executor, at: now + ms }]
  }

  unload(): void {}
}
