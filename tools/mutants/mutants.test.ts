import { describe, expect, test } from 'vitest'
import { knownRun } from '../../sim/experiment/comparison/known-machine.test-helper.ts'
import { structureSimulator } from '../../sim/experiment/comparison/structure.ts'
import { type RunParts, withMutation } from '../../sim/experiment/index.ts'
import { type BatchingPlan, ControlPlane } from '../../sim/serving/index.ts'
import { Station } from '../../sim/serving/routing/station.ts'
import { Rows } from '../../sim/stats/index.ts'
import { NO_WAKE } from '../../sim/world/index.ts'
import { Stalls } from '../../sim/world/machine/stalls.ts'
import { SimulatedWorld } from '../../sim/world/world.ts'
import { planOf, requestsOf, type SmallSystem, serve } from '../../test/small-system.ts'
import { sourceFiles } from '../../test/source-files.ts'
import {
  canRun,
  MUTANTS,
  type Mutant,
  type MutantContext,
  runMutated,
  TRUE_SIMULATOR,
} from './index.ts'

type Change = Partial<Extract<BatchingPlan, { policy: 'dynamic' }>>

/** One executor without overheads: a batch takes 10 ms and 1 ms for each padded token. */
function small(
  at: readonly number[],
  lengths: readonly number[],
  change: Change = {},
): SmallSystem {
  const dynamic = { policy: 'dynamic', maxBatch: 8, maxDelayMs: 2 } as const
  const batching: BatchingPlan = { ...dynamic, preferred: [], ...change }
  return {
    plan: planOf([{ batching, padTo: 1 }]),
    requests: requestsOf(at, { lengths }),
    work: [{ law: 'linear', base_ms: 10, per_item_ms: 0, per_token_ms: 1 }],
  }
}

const NOTHING: MutantContext = { work: [], shapes: [], observed: null, others: [] }

const mutantOf = (name: string) =>
  [TRUE_SIMULATOR, ...MUTANTS].find((mutant) => mutant.name === name)!

/** Rows of a system under the named mutant. */
function served(system: SmallSystem, name: string, context = NOTHING) {
  const { rows } = runMutated(mutantOf(name), context, () => serve(system, { audited: false }))
  const { dispatched, done, batchSize } = rows.columns
  return { dispatched: [...dispatched], done: [...done], sizes: [...batchSize] }
}

describe('a mutant has the fault in its name', () => {
  test('max batch −1, and doubled', () => {
    const system = small([0, 0, 0, 0, 0, 0], [1, 1, 1, 1, 1, 1], { maxBatch: 3 })
    expect(served(system, 'none').sizes).toEqual([3, 3, 3, 3, 3, 3])
    expect(served(system, 'max batch −1').sizes).toEqual([2, 2, 2, 2, 2, 2])
    expect(served(system, 'max batch doubled').sizes).toEqual([6, 6, 6, 6, 6, 6])
  })

  test('LIFO: the newest requests go first, the others in order', () => {
    const system = small([0, 1, 2, 3], [1, 1, 1, 1], { maxBatch: 1 })
    expect(served(system, 'none').dispatched).toEqual([0, 11, 22, 33])
    expect(served(system, 'LIFO').dispatched).toEqual([0, 33, 22, 11])
  })

  test('windows of 2 ms: a tenth shorter, a tenth longer, from the newest', () => {
    const system = small([0, 1.5, 3], [1, 1, 1])
    expect(served(system, 'none').dispatched.slice(0, 2)).toEqual([2, 2])
    expect(served(system, 'window −10 %').dispatched.slice(0, 2)).toEqual([1.8, 1.8])
    expect(served(system, 'window +10 %').dispatched.slice(0, 2)).toEqual([2.2, 2.2])
    expect(served(system, 'window from the newest').dispatched).toEqual([5, 5, 5])
  })

  test("no padding: each request of a batch costs the batch's mean length", () => {
    const system = small([0, 0], [2, 6], { maxBatch: 2 })
    expect(served(system, 'none').done).toEqual([22, 22])
    expect(served(system, 'no padding').done).toEqual([18, 18])
  })

  test('polled at arrivals: an end is seen at the next arrival; after the last arrival at once', () => {
    const system = small([0, 15, 40], [1, 1, 1], { maxBatch: 1 })
    expect(served(system, 'none').done).toEqual([11, 26, 51])
    expect(served(system, 'polled at arrivals').done).toEqual([15, 40, 51])
  })

  test('wrong work: constant, of twice the slope, or independent of length', () => {
    const executor = { work: (size: number, length: number) => 10 + size * length, wake: NO_WAKE }
    const shapes = [
      { size: 1, length: 2 },
      { size: 3, length: 4 },
    ]
    const context = { ...NOTHING, work: [executor], shapes }
    const believed = (name: string) =>
      shapes.map(({ size, length }) =>
        runMutated(mutantOf(name), context, ([work]) => work!.work(size, length)),
      )
    expect(believed('none')).toEqual([12, 22])
    expect(believed('constant work')).toEqual([17, 17])
    expect(believed('doubled slope')).toEqual([12, 32])
    expect(believed('length ignored')).toEqual([13, 19])
  })

  test('work of twice the slope stays above 0 where two requests take less time than one', () => {
    const executor = { work: (size: number) => (size === 1 ? 10 : 4), wake: NO_WAKE }
    const context = { ...NOTHING, work: [executor], shapes: [{ size: 1, length: 1 }] }
    const ms = runMutated(mutantOf('doubled slope'), context, ([work]) => work!.work(2, 1))
    expect(ms).toBe(10)
  })

  test('recorded times: in the order of batches, or any time of that size', () => {
    const far = [0, 100, 200, 300]
    const { rows } = serve(small(far, [1, 2, 3, 4], { maxBatch: 1 }))
    const context = { ...NOTHING, observed: { rows, timers: [] } }
    const times = (name: string) => {
      const { done, dispatched } = served(small(far, [9, 9, 9, 9], { maxBatch: 1 }), name, context)
      return done.map((at, i) => at - dispatched[i]!)
    }
    expect(times('none')).toEqual([19, 19, 19, 19])
    expect(times('times by batch index')).toEqual([11, 12, 13, 14])
    expect(times('resampled one by one').every((ms) => [11, 12, 13, 14].includes(ms))).toBe(true)
  })

  test('a shifted field has the values of 10 s before, and at its start those of its end', () => {
    const run = knownRun({ load: 0.9, seconds: 15 })
    const endMs = Math.max(...run.rows.columns.done)
    const machineOf = (name: string) => {
      let machine: RunParts['machine'] | null = null
      const mutant = mutantOf(name)
      const change: Mutant['change'] = (parts, context) => {
        machine = mutant.change!(parts, context).machine
        return parts
      }
      const context = { work: run.work, shapes: [], observed: run, others: [run] }
      runMutated({ ...mutant, change }, context, (work) =>
        structureSimulator({ ...run, work, seed: 1 })(0),
      )
      return machine! as RunParts['machine']
    }
    // both replays are the same one, so the other's field is identical
    const taken = (name: string, fromMs: number) => {
      const { speed } = machineOf(name)
      return Array.from({ length: 40 }, (_, i) => {
        const start = fromMs + 100 * i
        return speed.finish(0, start, 5) - start
      })
    }
    const close = (times: readonly number[]) => times.map((ms) => Math.round(1e6 * ms))
    const [early, late] = [500, 6000].map((at) => close(taken("another replay's field", at)))
    expect(close(taken('field shifted', 10_500))).toEqual(early)
    expect(close(taken('field shifted', 6000 - (endMs - 10_000)))).toEqual(late)
    expect(early).not.toEqual(late)
  })
})

describe('the hook', () => {
  const system = small([0, 1, 2, 3, 4], [3, 1, 4, 1, 5])
  const classes = { ControlPlane, SimulatedWorld, Stalls, Station }
  const methods = () =>
    Object.values(classes).map(({ prototype }) => Object.getOwnPropertyDescriptors(prototype))

  test('without a change changes nothing', () => {
    expect(
      withMutation(
        (parts) => parts,
        () => serve(system),
      ),
    ).toEqual(serve(system))
  })

  test('is undone after a run, after a throw and after a patch', () => {
    const before = { rows: serve(system), methods: methods() }
    const broken: Mutant = {
      name: 'throws',
      fault: 'throws',
      change: () => {
        throw new Error('x')
      },
    }
    for (const mutant of MUTANTS.filter(
      (candidate) => canRun(candidate, NOTHING) && candidate.work === undefined,
    )) {
      runMutated(mutant, NOTHING, () => serve(system, { audited: false }))
      expect({ rows: serve(system), methods: methods() }, mutant.name).toEqual(before)
      const fail = () => runMutated(mutant, NOTHING, () => Rows.allocate(-1))
      expect(fail, mutant.name).toThrow(RangeError)
      expect({ rows: serve(system), methods: methods() }, mutant.name).toEqual(before)
    }
    expect(() => runMutated(broken, NOTHING, () => serve(system))).toThrow('x')
    expect(serve(system)).toEqual(before.rows)
  })

  test('a mutant without its required data does not run', () => {
    const needy = MUTANTS.filter(({ needs }) => needs !== undefined)
    expect(needy.length).toBe(4)
    for (const mutant of needy) {
      expect(() => runMutated(mutant, NOTHING, () => serve(system))).toThrow(mutant.name)
    }
  })

  test('no product file imports it', () => {
    const users = sourceFiles().filter(
      ({ path, code, isTest }) =>
        !isTest && !path.startsWith('tools/') && /withMutation|tools\/mutants/.test(code),
    )
    expect(users.map(({ path }) => path)).toEqual([
      'sim/experiment/index.ts',
      'sim/experiment/simulation/run-world.ts',
    ])
  })

  test('there are eighteen mutants with unique names', () => {
    expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(18)
    expect(MUTANTS.length).toBe(18)
  })
})
