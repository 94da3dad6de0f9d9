import type { Scenario } from '../../../scenarios/schema/schema.ts'
import { type Random, shuffled, stream } from '../../kernel/index.ts'
import { generatesIn, isSwappable, largestBatch, type Ms } from '../../serving/index.ts'
import { type RequestList, reactingClasses } from '../../traffic/index.ts'
import type { Resolved } from '../system/resolve.ts'

/** How the requests of both sides of a what-if are cut into slices that alternate. */
export interface Slicing {
  /** even: a block has two */
  readonly slices: number
  readonly sliceMs: Ms
  /** at the end of each slice but the last no request is sent, so that executors finish, ms */
  readonly gapMs: Ms
}

/** Why whole replays alternate in place of slices. */
export interface Whole {
  readonly whole: string
}

/** One side of a what-if, as its slices depend on it. */
export interface SlicedSide extends Pick<Resolved, 'plan' | 'capacityRps' | 'capacitiesRps'> {
  readonly scenario: Scenario
  /** null where they are not known in advance, as clients react */
  readonly requests: RequestList | null
}

/**
 * Short against the drift of a machine, and long against the 65 ms that a slice takes to begin
 * (docs/design/011, test/slices-on-drift.test.ts).
 */
const SLICE_MS = 1000
/**
 * Long against a queue that begins empty, which fills up the more slowly the higher the load is: so
 * many full batches over 1 - load. Slices of half as many are the shortest (docs/design/011).
 */
const BATCHES = 8

/** How long slices have to be. */
export interface SliceLength {
  /** where queues settle sooner */
  readonly shortestMs: Ms
  /** full batches over 1 - load, in which a queue settles */
  readonly batches: number
}
/** Share of a slice. A longer backlog delays the beginning of the next slice. */
const GAP = 0.05
/** Of a side, mean over the run: beyond it a queue rarely empties. */
const MOST_LOAD = 0.9
/** Standard deviations of a Poisson count: a slice with more requests is overloaded. */
const UNUSUAL = 3

/** The slices of a what-if or a gate; or why cutting the requests would change what is asked. */
export function slicingOf(
  sides: readonly SlicedSide[],
  { shortestMs, batches }: SliceLength = { shortestMs: SLICE_MS, batches: BATCHES },
): Slicing | Whole {
  for (const [i, side] of sides.entries()) {
    const problem = sideProblem(side)
    if (problem !== null) return { whole: `${sideName(i)}: ${problem}` }
  }
  const durationMs = 1000 * sides[0]!.scenario.duration_s
  const settledMs = Math.max(
    ...sides.map((side) => (batches * longestBatchMs(side)) / (1 - loadOn(side))),
  )
  const target = Math.max(shortestMs, settledMs)
  const slices = 2 * Math.max(1, Math.round(durationMs / (2 * target)))
  const sliceMs = durationMs / slices
  if (sliceMs < settledMs / 2) {
    const [slice, settled] = [sliceMs, settledMs].map((ms) => `${ms.toFixed(0)} ms`)
    return { whole: `slices of ${slice} are too short for queues, which take ${settled} to settle` }
  }
  const slicing = { slices, sliceMs, gapMs: GAP * sliceMs }
  for (const [i, side] of sides.entries()) {
    const full = overloadedSlice(side, slicing)
    if (full === null) continue
    const [from, to] = [full.from, full.to].map((ms) => ms / 1000)
    const problem = `more arrives than it can serve between ${from} and ${to} s`
    return { whole: `${sideName(i)}: ${problem}, and that queue belongs to the scenario` }
  }
  return slicing
}

/** When each slice but the first begins: replays pause before it, ms. */
export function pausesOf({ slices, sliceMs }: Slicing): Ms[] {
  return Array.from({ length: slices - 1 }, (_, i) => (i + 1) * sliceMs)
}

const sideName = (side: number) => `side ${'AB'[side] ?? side + 1}`

function sideProblem({ scenario, plan, capacityRps, requests }: SlicedSide): string | null {
  if (requests === null) {
    const [reacting] = reactingClasses(scenario)
    return `what clients of ${reacting} send depends on how their requests end`
  }
  if (plan.pools.some((_, pool) => isSwappable(plan, pool))) {
    return 'models are swapped, so its capacity is not known'
  }
  if (generatesIn(plan)) return 'answers take longer than the gaps between slices'
  if (capacityRps === null) return 'its capacity is not known'
  const load = loadOn({ scenario, capacityRps, requests })
  if (load <= MOST_LOAD) return null
  return `at a load of ${load.toFixed(2)} its queue carries over from slice to slice`
}

/** Of a side whose requests and capacity are known. */
function loadOn({
  scenario,
  capacityRps,
  requests,
}: Pick<SlicedSide, 'scenario' | 'capacityRps' | 'requests'>): number {
  return requests!.count / scenario.duration_s / capacityRps!
}

/** Of the pool with the slowest ones. */
function longestBatchMs({ plan, capacitiesRps }: SlicedSide): Ms {
  return Math.max(
    ...plan.pools.map((pool, i) => (1000 * pool.replicas * largestBatch(pool)) / capacitiesRps[i]!),
  )
}

/** The first second, or slice if that is longer, with more requests than can be served in it. */
function overloadedSlice(
  { requests, capacityRps }: SlicedSide,
  { slices, sliceMs }: Slicing,
): { readonly from: Ms; readonly to: Ms } | null {
  const lengthMs = sliceMs * Math.max(1, Math.round(SLICE_MS / sliceMs))
  const counts = new Float64Array(Math.floor((slices * sliceMs) / lengthMs))
  for (const at of requests!.columns.at) {
    const i = Math.floor(at / lengthMs)
    if (i < counts.length) counts[i]!++
  }
  const served = (capacityRps! * lengthMs) / 1000
  const full = counts.findIndex((count) => count > served + UNUSUAL * Math.sqrt(served))
  return full < 0 ? null : { from: full * lengthMs, to: (full + 1) * lengthMs }
}

/** The requests without those in the gaps at the ends of slices. */
export function inSlices(requests: RequestList, { slices, sliceMs, gapMs }: Slicing): RequestList {
  return requests.where((at) => {
    const next = Math.floor(at / sliceMs) + 1
    return next >= slices || at < next * sliceMs - gapMs
  })
}

/**
 * Which side plays when, for each slice: of two successive slices the first in a random order, and
 * the second in its reverse, as ABBA or BAAB. So a steady drift meets all sides alike.
 */
export function playingOrders(slices: number, sides: number, random: Random): number[][] {
  const orders: number[][] = []
  for (let slice = 0; slice < slices; slice++) {
    const before = orders.at(-1)
    orders.push(slice % 2 === 1 ? before!.toReversed() : shuffled([...Array(sides).keys()], random))
  }
  return orders
}

/** When sides play in one of several rounds, by chance: two whole replays are a block. */
export function roundOrders(
  sides: number,
  round: { readonly index: number; readonly of: number; readonly slicing: Slicing | null },
  seed: number,
): number[][] {
  const slices = round.slicing?.slices ?? 1
  const orders = playingOrders(round.of * slices, sides, stream(seed, 0, 'order of sides'))
  return orders.slice(round.index * slices, (round.index + 1) * slices)
}

/**
 * The orders of two sides in which neither is favoured by its place: of four successive slices, two
 * play ABBA and two BAAB, whichever is first by chance. `slices`: a multiple of four; of the rest
 * the second half may be missing.
 */
export function balancedOrders(slices: number, random: Random): number[][] {
  const orders: number[][] = []
  for (let slice = 0; slice < slices; slice++) {
    const place = slice % 4
    if (place === 0) orders.push(shuffled([0, 1], random))
    else orders.push(place === 3 ? orders.at(-3)! : orders[slice - place]!.toReversed())
  }
  return orders
}
