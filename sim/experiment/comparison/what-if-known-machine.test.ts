import { describe, expect, test } from 'vitest'
import { runReplication } from '../index.ts'
import { blocksOf } from './blocks.ts'
import { DYNAMIC, type KnownRun, knownRun } from './known-machine.test-helper.ts'
import { knownInput, knownProfile } from './known-profile.test-helper.ts'
import { stallFreeFigures } from './stall-free.ts'
import type { ExecutorWork } from './structure.ts'
import { whatIfCheck, whatIfFigures } from './what-if.ts'

/** `of`, evaluated once for each argument. */
function once<Argument extends object, T>(of: (argument: Argument) => T) {
  const known = new WeakMap<Argument, { readonly result: T }>()
  return (argument: Argument): T => {
    const found = known.get(argument) ?? { result: of(argument) }
    known.set(argument, found)
    return found.result
  }
}

describe('a change on a machine of which everything is known', () => {
  const DURATION_S = 12
  const WARMUP_S = 1
  const DAYS = [1, 2, 3, 4, 5]
  const LOAD = 0.5
  const SMALL = { ...DYNAMIC, maxBatch: 2 }

  /** Replays of the same requests on several days. */
  const replays = (batching: typeof DYNAMIC) =>
    DAYS.map((seed) =>
      knownRun({ load: LOAD, seconds: DURATION_S, batching, seed, requestSeed: 1 }),
    )
  const side = (run: KnownRun) => ({ run, warmupMs: 1000 * WARMUP_S })
  const [a, b] = [replays(DYNAMIC), replays(SMALL)]
  const rounds = a.map((run, day) => blocksOf(side(run), side(b[day]!)))
  const truth = a[0]!.work[0]!

  const profileOf = once((work: ExecutorWork['work']) =>
    knownProfile({ rehearsals: a, seconds: DURATION_S, load: LOAD, work }),
  )

  const inputOf = (work: ExecutorWork['work'], batching: typeof DYNAMIC) =>
    knownInput(a[0]!, profileOf(work), { seconds: DURATION_S, warmupS: WARMUP_S, batching })

  /** Percentiles of ten replications by their batching, predicted under this work. */
  const predictionsOf = once((work: ExecutorWork['work']) =>
    once((batching: typeof DYNAMIC) => {
      const input = inputOf(work, batching)
      return Array.from({ length: 10 }, (_, i) => runReplication(input, i).all.percentiles)
    }),
  )

  function check(work: ExecutorWork['work'], changed = SMALL) {
    const sides = [predictionsOf(work)(DYNAMIC), predictionsOf(work)(changed)] as const
    const predicted = sides[0].map((of, i) => ({ a: of, b: sides[1][i]! }))
    const found = whatIfFigures({ rounds, predictions: predicted, seed: 1 })
    return { percentiles: found.percentiles, ...whatIfCheck(found) }
  }

  test('replications of given requests meet stalls as replays do; of drawn ones nothing is kept', () => {
    const input = inputOf(truth.work, DYNAMIC)
    const predicted = runReplication(input, 0).stallFree!
    const shares = a.map(
      (run) => stallFreeFigures(run, { ...run, warmupMs: 1000 * WARMUP_S }).share,
    )
    expect(predicted.share).toBeGreaterThan(Math.min(...shares) - 0.01)
    expect(predicted.share).toBeLessThan(Math.max(...shares) + 0.01)
    expect(runReplication({ ...input, requests: null }, 0).stallFree).toBe(null)
  })

  test('the change is one: it moves the median by a tenth and more', () => {
    const { percentiles } = check(truth.work)
    expect(Math.abs(percentiles[0]!.measured.value! - 1)).toBeGreaterThan(0.1)
  })

  test('is predicted by the true work, from fields of the unchanged side alone', () => {
    const { verdict, reason } = check(truth.work)
    expect(verdict, reason).toBe('PASS')
  })

  test.each([
    ['constant work', () => 3],
    // a wrong slope alone is mended: how batches of each work vary is learnt from the replays
    ['work that falls with size', (size: number, length: number) => truth.work(9 - size, length)],
  ])('is not predicted by %s', (_, work) => {
    const { verdict, reason } = check(work)
    expect(verdict, reason).toBe('FAIL')
  })

  test('is not predicted by no change at all', () => {
    const { verdict, reason } = check(truth.work, DYNAMIC)
    expect(verdict, reason).toBe('FAIL')
  })
})
