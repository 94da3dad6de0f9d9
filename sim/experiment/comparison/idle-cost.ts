import { mean, median } from 'simple-statistics'
import { exp, log } from '../../kernel/index.ts'
import type { Ms } from '../../serving/index.ts'
import { type Interval, tInterval } from '../../stats/index.ts'
import { wakeCost } from '../../world/index.ts'
import type { IdleProbe, ProbedBatch } from './observed-run.ts'
import type { ExecutorWork } from './structure.ts'

/**
 * What idle time costs executors at the time of a replay, from probes between its slices: as others
 * use the caches meanwhile, a batch takes longer the less an executor is in batches (design/010).
 */

/** How much longer batches take, where an executor is in batches for a share of the time. */
interface IdlePoint {
  readonly share: number
  /** logarithm of the time over that of back-to-back batches, by what their work says of both */
  readonly slower: number
}

/** Successive probes that have each shape after each idle time: of each shape, by rising share. */
export interface IdlePass {
  readonly small: readonly IdlePoint[]
  readonly usual: readonly IdlePoint[]
}

/**
 * The passes of the probes of some executors. A pass that is not complete at the end is left out.
 * `probes`: in the order in which they ran. `work`: one entry for each executor.
 */
export function idlePasses(
  probes: readonly IdleProbe[],
  work: readonly ExecutorWork[],
  [from, to]: readonly [from: number, to: number],
): IdlePass[] {
  const ofPool = probes.map(({ batches }) =>
    batches.filter(({ executor }) => executor >= from && executor < to),
  )
  const idle = ofPool.flat().filter(({ idleMs }) => idleMs > 0)
  const cells = new Set(idle.map(cellOf)).size
  const expected = (batch: ProbedBatch) => expectedMs(batch, work[batch.executor]!)
  const passes: IdlePass[] = []
  let open = new Map<string, ComparedBatch[]>()
  for (const batches of ofPool) {
    for (const compared of comparedBatches(batches, expected)) {
      const cell = cellOf(compared)
      open.set(cell, [...(open.get(cell) ?? []), compared])
    }
    if (open.size === 0 || open.size < cells) continue
    passes.push(passOf([...open.values()]))
    open = new Map()
  }
  return passes
}

/** Batches of one executor and shape after one idle time. */
const cellOf = ({ executor, size, length, idleMs }: ProbedBatch) =>
  `${executor} ${size} ${length} ${idleMs}`

/** A batch after an idle time, beside the back-to-back batches just before it. */
interface ComparedBatch extends ProbedBatch, IdlePoint {}

function comparedBatches(
  batches: readonly ProbedBatch[],
  expected: (batch: ProbedBatch) => Ms,
): ComparedBatch[] {
  const compared: ComparedBatch[] = []
  /** the last series back to back, and its cell */
  let cell = ''
  let backToBack: number[] = []
  for (const [i, batch] of batches.entries()) {
    const time = log(batch.ms / expected(batch))
    if (batch.idleMs === 0) {
      const goesOn = i > 0 && cellOf(batches[i - 1]!) === cellOf(batch)
      backToBack = goesOn ? [...backToBack, time] : [time]
      cell = cellOf(batch)
    } else if (backToBackOf(batch) === cell) {
      const share = batch.ms / (batch.ms + batch.gap)
      compared.push({ ...batch, share, slower: time - median(backToBack) })
    }
  }
  return compared
}

/** The cell of the batches that a batch is compared with. */
const backToBackOf = (batch: ProbedBatch) => cellOf({ ...batch, idleMs: 0 })

/** With the wake-up cost of the profile, which simulations have anyway. */
const expectedMs = ({ size, length, gap }: ProbedBatch, { work, wake }: ExecutorWork): Ms =>
  work(size, length) + wakeCost(wake, gap)

/** Medians, as a stall within a batch of a probe is no idle cost. */
function passOf(cells: readonly (readonly ComparedBatch[])[]): IdlePass {
  const sizes = cells.map(([batch]) => batch!.size)
  const pointsOf = (size: number) =>
    cells
      .filter(([batch]) => batch!.size === size)
      .map((batches) => ({
        share: median(batches.map(({ share }) => share)),
        slower: median(batches.map(({ slower }) => slower)),
      }))
      .sort((a, b) => a.share - b.share)
  return { small: pointsOf(Math.min(...sizes)), usual: pointsOf(Math.max(...sizes)) }
}

/**
 * The cost at a share of time in batches: linear between what was probed and back to back, which
 * has none; below the least share that of the least.
 */
function slowerAt(points: readonly IdlePoint[], share: number): number {
  const knots = [...points, { share: 1, slower: 0 }]
  const i = knots.findIndex((knot) => knot.share >= share)
  const after = knots[i] ?? knots.at(-1)!
  const before = knots[i - 1] ?? after
  if (after.share === before.share) return after.slower
  const along = (share - before.share) / (after.share - before.share)
  return before.slower + along * (after.slower - before.slower)
}

/** How busy the executors of a side are, and what was probed of them. */
interface IdleSide {
  readonly share: number
  readonly passes: readonly IdlePass[]
}

/** By what factor executors of B are faster than those of A, as they are idle less or more. */
export interface IdleChange {
  /** 1 where probes show no difference */
  readonly factor: number
  readonly low: number
  readonly high: number
  /** passes of each side */
  readonly passes: number
}

/**
 * The change of speed by idle time, from passes on both sides, which alternated; null where there
 * are fewer than two. Its interval has the scatter of the passes, and what a batch of the usual
 * size differs by from a small one, as traffic has both: added in squares.
 */
export function idleChange(a: IdleSide, b: IdleSide): IdleChange | null {
  const passes = Math.min(a.passes.length, b.passes.length)
  if (passes < 2) return null
  // of the side with more passes, all that ran at about the time of one of the other side
  const costOf = ({ passes: all, share }: IdleSide, shape: keyof IdlePass, i: number) => {
    const [from, until] = [i, i + 1].map((at) => Math.floor((at * all.length) / passes))
    return mean(all.slice(from, until).map((pass) => slowerAt(pass[shape], share)))
  }
  const changesOf = (shape: keyof IdlePass) =>
    Array.from({ length: passes }, (_, i) => costOf(a, shape, i) - costOf(b, shape, i))
  const usual = changesOf('usual')
  const { value, low, high } = tInterval(usual)
  const byShape = value - mean(changesOf('small'))
  const half = Math.hypot((high! - low!) / 2, byShape)
  const isShown = Math.abs(value) > half
  const ends = { low: exp(value - half), high: exp(value + half) }
  return { factor: isShown ? exp(value) : 1, ...ends, passes }
}

/** What an idle time costs batches of a shape. */
interface IdleCost {
  readonly executor: number
  readonly size: number
  readonly length: number
  readonly idleMs: Ms
  /** of batches back to back, median, ms */
  readonly backToBackMs: Ms
  /** of batches after this idle time, median, ms */
  readonly ms: Ms
  /** share of time in batches */
  readonly share: number
  /** time over that of back-to-back batches, with its interval over probes; null ends for one */
  readonly factor: Interval
  /** probes that have it */
  readonly n: number
}

/** Costs by shape and idle time, whatever a profile knows of them, each over all probes. */
export function idleCosts(probes: readonly IdleProbe[]): IdleCost[] {
  const backToBack = new Map<string, Ms[]>()
  /** of each probe that has the cell */
  const cells = new Map<string, ComparedBatch[][]>()
  for (const { batches } of probes) {
    for (const batch of batches.filter(({ idleMs }) => idleMs === 0)) {
      const cell = cellOf(batch)
      backToBack.set(cell, [...(backToBack.get(cell) ?? []), batch.ms])
    }
    const compared = comparedBatches(batches, () => 1)
    for (const cell of new Set(compared.map(cellOf))) {
      const ofCell = compared.filter((batch) => cellOf(batch) === cell)
      cells.set(cell, [...(cells.get(cell) ?? []), ofCell])
    }
  }
  return [...cells.values()].map((ofProbes) => {
    const all = ofProbes.flat()
    const { executor, size, length, idleMs } = all[0]!
    const slower = tInterval(ofProbes.map((batches) => median(batches.map((of) => of.slower))))
    const end = (of: number | null) => (of === null ? null : exp(of))
    return {
      ...{ executor, size, length, idleMs, n: ofProbes.length },
      backToBackMs: median(backToBack.get(backToBackOf(all[0]!))!),
      ms: median(all.map(({ ms }) => ms)),
      share: median(all.map(({ share }) => share)),
      factor: { value: exp(slower.value), low: end(slower.low), high: end(slower.high) },
    }
  })
}
