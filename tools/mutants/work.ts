import type { Observer, Requests } from '../../sim/serving/index.ts'
import { NO_WAKE } from '../../sim/world/index.ts'
import type { Mutant, Shape } from './mutant.ts'

/**
 * Faults of the cost of a batch. A user of the wrong work also records speed fields with it, where
 * speed is that work over the time taken. So a structure check only detects the first of them.
 */
export const WORK_MUTANTS: readonly Mutant[] = [
  {
    name: 'no padding',
    fault: 'each request of a batch costs its own length, not that of the longest',
    change: (parts) => ({
      ...parts,
      observe: (requests) => [...parts.observe(requests), unpadded(requests)],
    }),
  },
  {
    name: 'no wake-up cost',
    fault: 'an executor that was idle begins at full speed',
    work: ({ work }) => ({ work, wake: NO_WAKE }),
  },
  {
    name: 'constant work',
    fault: 'every batch costs the mean over all batches',
    work({ work, wake }, shapes) {
      const ms = mean(shapes, ({ size, length }) => work(size, length))
      return { work: () => ms, wake }
    },
  },
  {
    name: 'doubled slope',
    fault: 'what a batch costs above one short request is doubled',
    work({ work, wake }, shapes) {
      const shortest = shapes.reduce(
        (least, { length }) => Math.min(least, length),
        Number.POSITIVE_INFINITY,
      )
      const least = work(1, shortest)
      // a short calibration can find that two requests take less than one
      const above = (size: number, length: number) => Math.max(0, work(size, length) - least)
      return { work: (size, length) => least + 2 * above(size, length), wake }
    },
  },
  {
    name: 'length ignored',
    fault: 'every batch costs as much as one of the mean length',
    work({ work, wake }, shapes) {
      const length = mean(shapes, (shape) => shape.length)
      return { work: (size) => work(size, length), wake }
    },
  },
]

function mean(shapes: readonly Shape[], of: (shape: Shape) => number): number {
  return shapes.reduce((sum, shape) => sum + of(shape), 0) / shapes.length
}

/** An observer is notified of a batch just before its start, so its length can still be changed. */
function unpadded(requests: Requests): Observer {
  return {
    dispatched(_, batch) {
      let sum = 0
      for (let i = 0; i < batch.size; i++) sum += requests.inputTokens[batch.members[i]!]!
      batch.length = sum / batch.size
    },
  }
}
