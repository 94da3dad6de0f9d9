import { hashedUniform } from '../../kernel/index.ts'
import type { PrefixClass } from '../generation/prefix-keys.ts'
import type { Ms } from '../ports.ts'
import type { Requests } from '../requests.ts'
import { routingPolicies } from './routing.ts'
import { type RoutingChoice, type RoutingPlan, settingsOf } from './routing-plan.ts'
import type { Candidate, RouterView, RoutingPolicy } from './routing-policy.ts'

const PURPOSE = 0x5bd1e995
/** More draws than a policy takes for one request: each router has purposes of its own. */
const DRAWS = 64

/** How candidates are reached over networks, by their numbers. */
export interface Reach {
  /** whether any of them is ever cut off */
  readonly isEverCut: boolean
  isCutAt(now: Ms, candidate: number): boolean
  /** mean time of a request and its answer on the network */
  networkMs(candidate: number): Ms
}

/** Candidates that are passed over as they failed requests. */
export interface Ejecting {
  advance(now: Ms): void
  isEjected(candidate: number): boolean
  sent(now: Ms, candidate: number): void
}

/** What a router needs besides its policy and its candidates. */
export interface RouterContext {
  readonly requests: Requests
  /** by class, in numbers of `prefixes`: what all its prompts begin with */
  readonly sharedBlocks: readonly number[]
  /** by class: what is known of its prompts */
  readonly classes: readonly PrefixClass[]
  /** 0 for the router among pools, 1 and the number of the pool for one within a pool */
  readonly number: number
  /** whether candidates may accept no requests for a while */
  readonly candidatesClose: boolean
  /** null where networks take no time */
  readonly reach?: Reach | null
  /** null where candidates that fail requests get further ones */
  readonly ejection?: Ejecting | null
}

interface Metrics {
  readonly waiting: Float64Array
  readonly running: Float64Array
  readonly kvUsage: Float64Array
}

function metricsOf(candidates: number): Metrics {
  const column = () => new Float64Array(candidates)
  return { waiting: column(), running: column(), kvUsage: column() }
}

/** A policy with its state, and its view of the candidates. */
export class Router<C extends Candidate> implements RouterView {
  readonly plan: RoutingPlan
  readonly candidates: readonly C[]
  readonly taken: Uint8Array
  readonly requests: Requests
  readonly sharedBlocks: readonly number[]
  readonly classes: readonly PrefixClass[]
  anyTaken = false
  turn = 0
  now: Ms = 0
  request = -1
  /** where there is no choice */
  readonly #only: C | null
  readonly #policy: RoutingPolicy
  readonly #candidatesClose: boolean
  readonly #reach: Reach | null
  readonly #ejection: Ejecting | null
  #state: unknown
  readonly #purpose: number
  /** loads as old as the view is; null for those of the instant */
  readonly #loads: Float64Array | null
  /** requests sent since; null where they do not count */
  readonly #ownSends: Float64Array | null
  /** the same of waiting and running requests and of KV caches, where the policy sees them */
  readonly #metrics: Metrics | null

  constructor(
    choice: RoutingChoice,
    candidates: readonly C[],
    { requests, sharedBlocks, classes, number, ...context }: RouterContext,
  ) {
    const { candidatesClose, reach = null, ejection = null } = context
    const plan = settingsOf(choice)
    this.plan = plan
    this.candidates = candidates
    this.#only = candidates.length === 1 ? candidates[0]! : null
    this.taken = new Uint8Array(candidates.length)
    this.requests = requests
    this.sharedBlocks = sharedBlocks
    this.classes = classes
    this.#candidatesClose = candidatesClose || reach?.isEverCut === true || ejection !== null
    this.#reach = reach
    this.#ejection = ejection
    this.#policy = routingPolicies[plan.policy]
    this.#state = this.#policy.begin(plan, candidates)
    this.#purpose = PURPOSE + DRAWS * number
    const old = this.viewAgeMs > 0
    this.#loads = old ? new Float64Array(candidates.length) : null
    const counts = old && 'countOwnSends' in plan && plan.countOwnSends === true
    this.#ownSends = counts ? new Float64Array(candidates.length) : null
    this.#metrics = old && this.#policy.metrics === true ? metricsOf(candidates.length) : null
  }

  /** 0 where loads are those of the instant, and where there is no choice. */
  get viewAgeMs(): Ms {
    if (!('viewAgeMs' in this.plan) || this.candidates.length === 1) return 0
    return this.plan.viewAgeMs ?? 0
  }

  /** Whether its policy learns from how requests end. */
  get learns(): boolean {
    return this.#policy.ended !== undefined && this.candidates.length > 1
  }

  /** Whether its policy asks candidates for predictions. */
  get predicts(): boolean {
    return this.#policy.predicts === true && this.candidates.length > 1
  }

  load(candidate: number): number {
    if (this.#loads === null) return this.candidates[candidate]!.load
    const load = this.#loads[candidate]!
    if (this.#ownSends === null) return load
    return load + this.#ownSends[candidate]! * this.candidates[candidate]!.loadOfOne
  }

  waiting(candidate: number): number {
    const old = this.#metrics
    return old === null ? this.candidates[candidate]!.waitingEach : old.waiting[candidate]!
  }

  running(candidate: number): number {
    const old = this.#metrics
    return old === null ? this.candidates[candidate]!.runningEach : old.running[candidate]!
  }

  kvUsage(candidate: number): number {
    const old = this.#metrics
    return old === null ? this.candidates[candidate]!.kvUsage : old.kvUsage[candidate]!
  }

  networkMs(candidate: number): Ms {
    return this.#reach === null ? 0 : this.#reach.networkMs(this.candidates[candidate]!.number)
  }

  uniform(number: number): number {
    return hashedUniform(this.requests.key[this.request]!, this.#purpose + number)
  }

  /** For a request, or the first part of one; null where no candidate accepts it. */
  route(now: Ms, request: number): C | null {
    const only = this.#only
    if (only !== null) return only.accepts ? only : null
    return this.#choose(now, request)
  }

  #choose(now: Ms, request: number): C | null {
    if (this.anyTaken) this.taken.fill(0)
    this.anyTaken = false
    if (this.#candidatesClose && !this.#takeClosed(now)) return null
    return this.routeApart(now, request)
  }

  /** For a further copy: a candidate that is no holder of a copy, where one accepts it. */
  routeCopy(now: Ms, request: number, holders: readonly C[]): C | null {
    const only = this.#only
    if (only !== null) return only.accepts ? only : null
    const ejection = this.#ejection
    ejection?.advance(now)
    const isOpen = this.candidates.map(
      ({ accepts }, i) => accepts && ejection?.isEjected(i) !== true,
    )
    if (!isOpen.includes(true)) return null
    const isNew = isOpen.map((open, i) => open && !holders.includes(this.candidates[i]!))
    const among = isNew.includes(true) ? isNew : isOpen
    for (const [i, free] of among.entries()) this.taken[i] = free ? 0 : 1
    this.anyTaken = among.includes(false)
    return this.routeApart(now, request)
  }

  /**
   * Marks the candidates that accept nothing or are cut off; false where none accepts anything.
   * Where all that accept are cut off, requests are sent all the same, and again.
   */
  #takeClosed(now: Ms): boolean {
    const reach = this.#reach
    const ejection = this.#ejection
    ejection?.advance(now)
    let open = 0
    let accepting = 0
    for (const [i, { accepts, number }] of this.candidates.entries()) {
      if (ejection?.isEjected(i) === true) {
        this.taken[i] = 1
        continue
      }
      const isOpen = accepts && reach?.isCutAt(now, number) !== true
      this.taken[i] = isOpen ? 0 : 1
      if (accepts) accepting++
      if (isOpen) open++
    }
    if (open === 0 && accepting > 0) {
      for (const [i, { accepts }] of this.candidates.entries()) this.taken[i] = accepts ? 0 : 1
      open = accepting
    }
    this.anyTaken = open < this.candidates.length
    return open > 0
  }

  /** For a further part: a candidate that has none. */
  routeApart(now: Ms, request: number): C {
    this.now = now
    this.request = request
    const choice = this.#policy.choose(this.#state, this)
    if (choice < 0) throw new Error('Expected a replica for each part')
    this.turn++
    this.taken[choice] = 1
    this.anyTaken = true
    this.#policy.sent?.(this.#state, choice)
    if (this.#ownSends !== null) this.#ownSends[choice]!++
    this.#ejection?.sent(now, choice)
    return this.candidates[choice]!
  }

  /** A request that was routed to a candidate has ended. */
  ended(now: Ms, candidate: number, rttMs: Ms): void {
    const { candidates } = this
    const i =
      candidates[candidate]?.number === candidate
        ? candidate
        : candidates.findIndex(({ number }) => number === candidate)
    this.#policy.ended?.(this.#state, i, now, rttMs)
  }

  /** Goes on with other settings of its policy, which must have learnt nothing. */
  retune(settings: Partial<Extract<RoutingPlan, { policy: 'length-threshold' }>>): void {
    const plan = { ...this.plan, ...settings } as RoutingPlan
    this.#state = this.#policy.begin(plan, this.candidates)
  }

  /** Takes the loads of the instant into the view. */
  refresh(): void {
    this.candidates.forEach(({ load }, i) => {
      this.#loads![i] = load
    })
    this.#ownSends?.fill(0)
    const old = this.#metrics
    if (old === null) return
    this.candidates.forEach(({ waitingEach, runningEach, kvUsage }, i) => {
      old.waiting[i] = waitingEach
      old.running[i] = runningEach
      old.kvUsage[i] = kvUsage
    })
  }
}
