import { median } from 'simple-statistics'
import { Empirical, type Random } from '../../kernel/index.ts'
import type { Ms } from '../../serving/index.ts'
import { Classed } from './overheads.ts'
import type { ModelProfile } from './profile.ts'
import { weightedMiddle } from './weighted-median.ts'
import type { MeanWork } from './work.ts'

/**
 * Two batches of the same work take different times on a steady machine, and small batches differ
 * by more, relative to their work, than large ones. A speed that holds for a single batch would
 * give the bad luck of a small batch to the large one that comes next. So the speed of a recording
 * is that of a batch and its neighbours, and what a batch takes beyond it is kept by its work.
 */

/** Batches of one executor, in their order. */
export interface SpedBatches {
  /** when each began, ms */
  readonly times: readonly Ms[]
  /** of each batch: its calibrated duration over the time it took */
  readonly speeds: readonly number[]
  /** calibrated durations, ms */
  readonly work: readonly Ms[]
}

/** Time of a batch over what the speed around it gives, by work, ms. */
export type Variation = ModelProfile['variation']

/** Batches are put together by their work in so many groups of equal size. */
const GROUPS = 8
/** Fewer batches say less than those of the next group. */
const FEWEST = 60
/**
 * The speed around a batch is the median over this many batches before and after it that began
 * within this time, ms. With two, chance of the neighbours is left in it (`npm run resampling`:
 * p95 too long by 1.7 %); slow spells are shorter than hundreds of ms.
 */
const AROUND = 10
const AROUND_MS = 100
/**
 * A mix of small and large batches changes the median. So the usual variation of each group is
 * found first, and taken out before the median is taken again.
 */
const PASSES = 3
const TABLE_SIZE = 128

/** Batches of similar work, as places in `executors`. */
interface Group {
  readonly atMs: Ms
  readonly members: readonly (readonly [executor: number, batch: number])[]
}

/** The speed around each batch, and the variation of all batches about it. */
export function settle(executors: readonly SpedBatches[]): {
  readonly speeds: readonly (readonly number[])[]
  readonly variation: Variation
} {
  const groups = groupsOf(executors)
  let speeds = executors.map((executor) => around(executor.speeds, executor))
  for (let pass = 1; pass < PASSES; pass++) {
    const adjusted = executors.map((executor) => [...executor.speeds])
    for (const group of groups) {
      const usual = median(ratiosOf(group, executors, speeds))
      for (const [executor, batch] of group.members) adjusted[executor]![batch]! *= usual
    }
    speeds = adjusted.map((batchSpeeds, e) => around(batchSpeeds, executors[e]!))
  }
  const variation = groups.map((group) => ({
    atMs: Number(group.atMs.toFixed(4)),
    table: Empirical.table(ratiosOf(group, executors, speeds), TABLE_SIZE).map(rounded),
  }))
  return { speeds, variation }
}

const rounded = (value: number) => Number(value.toFixed(4))

/** The speed around each batch of an executor. Large batches weigh more: they show it better. */
function around(speeds: readonly number[], { times, work }: SpedBatches): number[] {
  // the batches around by rising speed; most of them are also around the next one
  const near: number[] = []
  let from = 0
  let to = 0
  return speeds.map((_, i) => {
    const isNear = (k: number) => Math.abs(times[k]! - times[i]!) <= AROUND_MS
    for (; to < speeds.length && to <= i + AROUND && isNear(to); to++) {
      let place = near.length
      while (place > 0 && speeds[near[place - 1]!]! > speeds[to]!) place--
      near.splice(place, 0, to)
    }
    for (; from < i - AROUND || !isNear(from); from++) near.splice(near.indexOf(from), 1)
    return speeds[near[weightedMiddle(near.length, (place) => work[near[place]!]!)]!]!
  })
}

/** Times of the batches of a group over what the speeds around them give. */
const ratiosOf = (
  { members }: Group,
  executors: readonly SpedBatches[],
  speeds: readonly (readonly number[])[],
) => members.map(([e, i]) => speeds[e]![i]! / executors[e]!.speeds[i]!)

/** Work that is equal to the precision of a profile is never in two groups. */
function groupsOf(executors: readonly SpedBatches[]): Group[] {
  const workOf = ([e, i]: Group['members'][number]) => executors[e]!.work[i]!
  const batches = executors.flatMap(({ work }, e) => work.map((_, i) => [e, i] as const))
  batches.sort((a, b) => workOf(a) - workOf(b))
  const size = Math.max(FEWEST, Math.ceil(batches.length / GROUPS))
  const groups: Group['members'][number][][] = []
  for (const batch of batches) {
    const last = groups.at(-1)
    if (
      last === undefined ||
      (last.length >= size && rounded(workOf(last.at(-1)!)) < rounded(workOf(batch)))
    ) {
      groups.push([batch])
    } else last.push(batch)
  }
  // a rest that is too small belongs to the group before
  if (groups.length > 1 && groups.at(-1)!.length < FEWEST) groups.at(-2)!.push(...groups.pop()!)
  return groups.map((members) => ({ atMs: median(members.map(workOf)), members }))
}

/** Draws the time of a batch or step about its mean, ms. */
export function variationOf(variation: Variation): (meanMs: Ms, random: Random) => Ms {
  if (variation.length === 0) return (meanMs) => meanMs
  const ratios = new Classed(variation)
  return (meanMs, random) => meanMs * ratios.draw(random, meanMs)
}

/** Work that varies; its mean stays that of the work. */
export function varied(work: MeanWork, variation: Variation): MeanWork {
  if (variation.length === 0) return work
  const draw = variationOf(variation)
  return { ...work, of: (size, length, random) => draw(work.mean(size, length), random) }
}
