import type { Ms } from '../../serving/index.ts'
import type { ModelMove } from '../../stats/index.ts'
import type { LoadEnd, ModelLoads } from '../../world/index.ts'

/** How long a load took that began then; null for one that found no memory. */
interface Took {
  readonly asked: Ms
  readonly ms: Ms | null
}

/**
 * Loads as long as those of a replay, as a field in time: of each executor that of the load that
 * began nearest to it. So one load more or less shifts none of the others. They count from when the
 * control plane asked to when it knew: what went before to make room is in it. One that found no
 * memory fails at once, and once: the next try, which comes at the same instant, is another load.
 */
export class RecordedLoads implements ModelLoads {
  readonly #ofExecutor = new Map<number, Took[]>()
  readonly #all: readonly Took[]
  /** those that found no memory, once they have failed here as well */
  readonly #spent = new Set<Took>()

  constructor(moves: readonly ModelMove[]) {
    const loads = moves.filter(({ kind }) => kind === 'load')
    for (const { executor, asked, done, ok } of loads) {
      const took = this.#ofExecutor.get(executor) ?? []
      this.#ofExecutor.set(executor, took)
      took.push({ asked, ms: ok ? done - asked : null })
    }
    this.#all = [...this.#ofExecutor.values()].flat()
  }

  load(now: Ms, executor: number): readonly LoadEnd[] | null {
    const unspent = (loads: readonly Took[] = []) => loads.filter((load) => !this.#spent.has(load))
    const ofExecutor = unspent(this.#ofExecutor.get(executor))
    // of one that never came in the replay others have to tell
    const took = ofExecutor.length > 0 ? ofExecutor : unspent(this.#all)
    const best = took.reduce(
      (near, load) => (Math.abs(load.asked - now) < Math.abs(near.asked - now) ? load : near),
      took[0] ?? { asked: now, ms: 0 },
    )
    if (best.ms !== null) return [{ executor, at: now + best.ms }]
    this.#spent.add(best)
    return null
  }

  unload(): void {}
}
