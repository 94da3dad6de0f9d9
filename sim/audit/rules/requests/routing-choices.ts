import type { RoutingPlan } from '../../../serving/index.ts'
import { pickedByPrompt } from './picked-by-prompt.ts'
import { drawnFor, drawOf, preferredBy } from './routing-hash.ts'
import type { SentPrompts } from './sent-prompts.ts'

/** Candidates of a router, with bounds of the number of requests in each. */
export interface Candidates {
  readonly noun: 'pool' | 'queue'
  /** numbers of the pools or queues, rising */
  readonly numbers: readonly number[]
  /** their numbers among pools, or among the queues of their pool */
  readonly places: readonly number[]
  /** number of executors of each candidate */
  readonly executors: readonly number[]
  /** pools without an executor that takes batches; absent where none was without any */
  readonly without?: readonly number[]
  /** candidates that are closed, or already have a part of the arriving request */
  readonly taken: Set<number>
  readonly least: Int32Array
  readonly most: Int32Array
  /** 0 among pools; 1 more than the number of the pool within one */
  readonly router: number
}

/** A choice of a router. */
export interface Choice {
  readonly of: Candidates
  readonly routing: RoutingPlan
  readonly chosen: number
  /** number of requests routed before this one */
  readonly turn: number
  /** the candidate of the one before it; -1 for none, null where rows do not show it */
  readonly last: number | null
  readonly key: number
  /** its number among the rows of the evidence */
  readonly row: number
  readonly tokens: number
  /** what identifies its session; null where prompts are not in the evidence */
  readonly session: { readonly block: number; readonly classIndex: number } | null
  /** prompts that the candidates were sent before; null where they are not in the evidence */
  readonly sentPrompts: SentPrompts | null
  /** whether candidates were closed for some time of the run */
  readonly closing: boolean
  /** whether rows show which requests a candidate has */
  readonly loadsKnown: boolean
  /** mean time of a candidate's network; absent within a pool */
  readonly distance?: ((candidate: number) => number) | undefined
}

type PlanOf<P extends RoutingPlan['policy']> = Extract<RoutingPlan, { policy: P }>

/** What a policy chooses; `left`: the candidates that are not taken. Null where rows hide it. */
type Expectation<P extends RoutingPlan> = (
  choice: Choice,
  routing: P,
  left: readonly number[],
) => number | null

type Expectations = { readonly [P in RoutingPlan['policy']]?: Expectation<PlanOf<P>> }

/** By policy. Of those that are absent rows do not show what their predictions learnt from. */
export const expectations: Expectations = {
  'round-robin': ({ of, turn }) => inTurn(of.numbers, turn, of.taken),
  // credits that candidates missed while they were closed stay with the others
  weighted: ({ of, turn, closing }, { weights }) =>
    closing ? null : weightedTurn(of, weights, turn),
  random: ({ of, key }, _, left) => drawnFor(key, of.router, left, 1)[0]!,
  'least-loaded': (choice, { ties = 'random' }, left) =>
    seesLoads(choice) ? leastOfEquals(choice, left, ties) : null,
  p2c(choice, { choices }, left) {
    const { of, key, chosen } = choice
    const drawn = drawnFor(key, of.router, left, choices)
    if (!drawn.includes(chosen)) return drawn[0]!
    return seesLoads(choice) ? leastLoaded(of, drawn, chosen) : chosen
  },
  'peak-ewma'({ of, key, chosen }, { choices }, left) {
    const drawn = drawnFor(key, of.router, left, choices)
    return drawn.includes(chosen) ? chosen : drawn[0]!
  },
  'length-threshold'({ of, tokens }, routing, left) {
    const { short, long, thresholdTokens, failOver = false } = routing
    const ends = tokens <= thresholdTokens ? [short, long] : [long, short]
    const [expected, spare] = ends.map((end) => of.numbers[Math.max(0, of.places.indexOf(end))]!)
    const isWithout = (pool: number) => of.without?.includes(pool) === true
    if (failOver && isWithout(expected!) && !isWithout(spare!) && !of.taken.has(spare!)) {
      return spare!
    }
    return of.taken.has(expected!) ? left[0]! : expected!
  },
  'session-affinity'(choice, routing) {
    const { of, session, chosen } = choice
    const { maxLoadFactor = Number.POSITIVE_INFINITY } = routing
    if (session === null) return null
    const order = preferredBy(session, of.places).map((i) => of.numbers[i]!)
    const preferred = order.find((number) => !of.taken.has(number))!
    if (maxLoadFactor === Number.POSITIVE_INFINITY) return preferred
    if (!seesLoads(choice)) return null
    return certainlyHasRoom(of, preferred, maxLoadFactor) ? preferred : chosen
  },
  'spill-over': (choice, { maxLoad }, left) =>
    seesLoads(choice) ? spilledTo(choice.of, left, choice.chosen, maxLoad) : null,
  locality: (choice, { maxLoad }, left) =>
    seesLoads(choice) ? nearestWithRoom(choice, left, maxLoad) : null,
  'prefix-affinity'(choice, routing, left) {
    const { sentPrompts, loadsKnown } = choice
    return sentPrompts && loadsKnown ? byPrompt(choice, sentPrompts, left, routing) : null
  },
  'endpoint-picker'(choice, routing, left) {
    const { of, sentPrompts, row, chosen } = choice
    if (sentPrompts === null) return null
    const shares = left.map((i) => sentPrompts.pickerShare(routerName(of), i, row))
    return pickedByPrompt(left, shares, chosen, routing)
  },
}

/**
 * The candidate that should have been chosen for any order of events at the instant, which is the
 * chosen one if any order explains it; null where rows do not show it.
 */
export function expectedChoice(choice: Choice): number | null {
  const { routing, of } = choice
  const left = of.numbers.filter((number) => !of.taken.has(number))
  const expectation = expectations[routing.policy] as Expectation<RoutingPlan> | undefined
  return expectation?.(choice, routing, left) ?? null
}

/** Whether rows show the loads that a router has seen. */
const seesLoads = ({ loadsKnown, routing }: Choice) =>
  loadsKnown && !('viewAgeMs' in routing && (routing.viewAgeMs ?? 0) > 0)

/** The next in turn; the turns of one that is closed go to the others in the order of rounds. */
function inTurn(numbers: readonly number[], turn: number, taken: ReadonlySet<number>): number {
  const next = numbers[turn % numbers.length]!
  if (!taken.has(next)) return next
  const open = numbers.filter((number) => !taken.has(number))
  return open[Math.floor(turn / numbers.length) % open.length]!
}

function executorsOf({ numbers, executors }: Candidates, number: number): number {
  return executors[numbers.indexOf(number)]!
}

/** One of `among`, in their order of preference, that is less loaded than the chosen one. */
function leastLoaded(of: Candidates, among: readonly number[], chosen: number): number {
  const chosenLoad = of.least[chosen]! / executorsOf(of, chosen)
  const rank = among.includes(chosen) ? among.indexOf(chosen) : among.length
  for (const [i, candidate] of among.entries()) {
    const load = of.most[candidate]! / executorsOf(of, candidate)
    // of equally loaded candidates the first is chosen
    if (load < chosenLoad || (load === chosenLoad && i < rank)) return candidate
  }
  return chosen
}

/** A candidate that goes before the chosen one by the rule for equals; the chosen one for none. */
function leastOfEquals(
  { of, chosen, key, last }: Choice,
  left: readonly number[],
  ties: 'random' | 'rotating' | 'first',
): number {
  if (ties === 'random') return leastDrawn(of, left, chosen, drawOf(key, of.router, 0))
  if (ties === 'first') return leastLoaded(of, left, chosen)
  // where it is not known whose turn it is, the chosen one goes before its equals
  const from = last ?? chosen - 1
  const inTurns = [...left.filter((i) => i > from), ...left.filter((i) => i <= from)]
  return leastLoaded(of, inTurns, chosen)
}

/**
 * The same where one of n equals, in rising order, is drawn: number floor(u n). Which candidates
 * are equals may depend on the order of events at the instant, and then any order may have been.
 */
function leastDrawn(of: Candidates, left: readonly number[], chosen: number, u: number): number {
  const loadOf = (counts: Int32Array, i: number) => counts[i]! / executorsOf(of, i)
  const most = Math.min(...left.map((i) => loadOf(of.most, i)))
  const perhaps = left.filter((i) => loadOf(of.least, i) <= most)
  const drawn = perhaps[Math.floor(u * perhaps.length)]!
  if (perhaps.every((i) => of.least[i] === of.most[i])) return drawn
  const chosenExecutors = executorsOf(of, chosen)
  for (
    let count = of.least[chosen]!;
    count <= of.most[chosen]! && count / chosenExecutors <= most;
    count++
  ) {
    const equals = perhaps.filter((i) => {
      const same = (count * executorsOf(of, i)) / chosenExecutors
      return Number.isInteger(same) && of.least[i]! <= same && same <= of.most[i]!
    })
    const sure = equals.filter(
      (i) => i === chosen || loadOf(of.most, i) === count / chosenExecutors,
    )
    const before = sure.filter((i) => i < chosen).length
    const mayBefore = equals.filter((i) => i < chosen).length
    const mayAfter = equals.filter((i) => i > chosen).length
    for (let below = before; below <= mayBefore; below++) {
      for (let above = sure.length - 1 - before; above <= mayAfter; above++) {
        if (Math.floor(u * (below + 1 + above)) === below) return chosen
      }
    }
  }
  return drawn === chosen ? perhaps.find((i) => i !== chosen)! : drawn
}

/** Credits return to 0 after as many turns as the sum of weights. */
function weightedTurn(of: Candidates, weights: readonly number[], turn: number): number {
  const placeWeights = of.places.map((place) => weights[place] ?? 1)
  const cycle = cycles.get(placeWeights.join()) ?? weightedCycle(placeWeights)
  cycles.set(placeWeights.join(), cycle)
  return of.numbers[cycle[turn % cycle.length]!]!
}

const cycles = new Map<string, readonly number[]>()

function weightedCycle(weights: readonly number[]): number[] {
  const sum = weights.reduce((total, weight) => total + weight, 0)
  const credits = weights.map(() => 0)
  return Array.from({ length: sum }, () => {
    for (const [i, weight] of weights.entries()) credits[i]! += weight
    const next = credits.indexOf(Math.max(...credits))
    credits[next]! -= sum
    return next
  })
}

function certainlyHasRoom(of: Candidates, number: number, factor: number): boolean {
  const executors = of.executors.reduce((sum, count) => sum + count, 0)
  const total = of.numbers.reduce((sum, candidate) => sum + of.least[candidate]!, 1)
  const share = executorsOf(of, number) / executors
  return of.most[number]! + 1 <= Math.ceil(factor * total * share)
}

function spilledTo(
  of: Candidates,
  left: readonly number[],
  chosen: number,
  maxLoad: number,
): number {
  const isBelow = (number: number, counts: Int32Array) =>
    counts[number]! / executorsOf(of, number) < maxLoad
  const certain = left.find((number) => isBelow(number, of.most))
  const mayBeBelow = isBelow(chosen, of.least)
  // a pool before the chosen one had room for certain, or only a later one had
  if (certain !== undefined && (certain < chosen || !mayBeBelow)) return certain
  if (mayBeBelow || certain !== undefined) return chosen
  return leastLoaded(of, left, chosen)
}

/** The name of a router: its number, and its candidates, as classes may have other pools. */
export const routerName = ({ router, numbers }: Candidates) => `${router}: ${numbers}`

function byPrompt(
  { of, chosen, row }: Choice,
  sent: SentPrompts,
  left: readonly number[],
  routing: Extract<RoutingPlan, { policy: 'prefix-affinity' }>,
): number {
  const { balanceAbs, balanceRel, cacheThreshold } = routing
  const loads = (counts: Int32Array) => left.map((i) => counts[i]! / executorsOf(of, i))
  const [least, most] = [loads(of.least), loads(of.most)]
  const unequal = (high: number, low: number) => high - low > balanceAbs && high > balanceRel * low
  const certainly = unequal(Math.max(...least), Math.min(...most))
  if (certainly) return leastLoaded(of, left, chosen)
  if (unequal(Math.max(...most), Math.min(...least))) return chosen
  const name = routerName(of)
  const matched = left.map((i) => sent.matched(name, i, row))
  const longest = Math.max(...matched)
  if (sent.share(longest, row) > cacheThreshold) {
    const equals = left.filter((_, i) => matched[i] === longest)
    return equals.includes(chosen) ? leastLoaded(of, equals, chosen) : equals[0]!
  }
  const sizes = left.map((i) => sent.size(name, i))
  return left[sizes.indexOf(Math.min(...sizes))]!
}

function nearestWithRoom(
  { of, chosen, distance = () => 0 }: Choice,
  left: readonly number[],
  maxLoad: number,
): number {
  const byDistance = left.toSorted((a, b) => distance(a) - distance(b) || a - b)
  const isBelow = (number: number, counts: Int32Array) =>
    counts[number]! / executorsOf(of, number) < maxLoad
  for (const candidate of byDistance) {
    // it may have room, or it certainly has and none before it did
    if (candidate === chosen && isBelow(candidate, of.least)) return chosen
    if (isBelow(candidate, of.most)) return candidate
  }
  return leastLoaded(of, byDistance, chosen)
}
