import { isUnjudged, judgementOn, paidInRuns } from './candidate-judgement.ts'
import { againstMonotone } from './monotone.ts'
import {
  type Candidate,
  type Chain,
  chainsOf,
  isRuledOut,
  nextProbe,
  type Ruled,
} from './plan-chains.ts'
import { leastPaid, paidCost, pricedFirst } from './plan-costs.ts'
import type { AgainstReplicas, Ask, JudgedRun, PlanFound, PlanTask, Tried } from './plan-task.ts'
import type { PlanJudgement } from './plan-verdict.ts'

/** Chains that are searched at the same time: not the number of cores, which changes no result. */
const AT_ONCE = 4
/** Of the chains that a single candidate has ruled out, one in so many gets a second one. */
const CHECK_EVERY = 2
/** Candidates that are no cheaper than the winner, to show what a little more money gives. */
const FRONT = 6
const FRONT_COST = 1.5
const FRONT_REPLICATIONS = 12

/**
 * The cheapest candidate that meets every objective; where none with a price does, of those
 * without one that with the fewest replicas. Each of the two kinds is searched by itself.
 *
 * A chain is the candidates that differ in replicas only. Where one of them fails, those with fewer
 * replicas are taken to fail. All pairs that are simulated check this, and so does a second
 * candidate of every other chain that a single one has ruled out. A chain with evidence against it
 * is searched in full.
 *
 * Once a candidate meets, no dearer one is simulated but today's and the front at the end. Each has
 * few replications at first, and more while its verdict is open (racing).
 *
 * Where replicas are scaled, only the least cost of a candidate is known in advance. Such a
 * candidate is alone in its chain. It is simulated unless its least cost is too dear, and goes on
 * until what it pays for is surely dearer.
 */
export async function searchPlan<Run extends JudgedRun>(
  task: PlanTask<Run>,
): Promise<PlanFound<Run>> {
  const { candidates, today } = task
  const isLikeToday = (candidate: Candidate) => pricedFirst(candidate, today) === 0
  const alike = await new PlanSearch(task, candidates.filter(isLikeToday), today).run()
  const others = candidates.filter((candidate) => !isLikeToday(candidate))
  if (others.length === 0) return alike
  return joined(alike, await new PlanSearch(task, others, null).run())
}

/** Two searches of the same task as one. */
function joined<Run>(a: PlanFound<Run>, b: PlanFound<Run>): PlanFound<Run> {
  const tried = [...a.tried, ...b.tried]
  return {
    tried,
    winner: cheapestOf(tried),
    dearer: [...a.dearer, ...b.dearer],
    ruledOut: [...a.ruledOut, ...b.ruledOut],
    refused: [...a.refused, ...b.refused],
    compared: a.compared + b.compared,
    against: [...a.against, ...b.against],
  }
}

/** A search of candidates that all have a price, or have none; with today's where it is alike. */
class PlanSearch<Run extends JudgedRun> {
  readonly #task: PlanTask<Run>
  readonly #candidates: readonly Candidate[]
  readonly #today: Candidate | null
  readonly #runs = new Map<Candidate, Run[]>()
  readonly #judged = new Map<Candidate, PlanJudgement>()
  /** undecided at the last look */
  readonly #ended = new Set<Candidate>()
  readonly #refused = new Set<Candidate>()
  readonly #chains: Chain[]
  readonly #against: AgainstReplicas[] = []
  readonly #compared = new Set<string>()
  #cheapest = Number.POSITIVE_INFINITY
  /** chains that a single candidate has ruled out */
  #single = 0

  constructor(task: PlanTask<Run>, candidates: readonly Candidate[], today: Candidate | null) {
    this.#task = task
    this.#candidates = candidates
    this.#today = today
    this.#chains = chainsOf(candidates)
  }

  async run(): Promise<PlanFound<Run>> {
    if (this.#today !== null) await this.#race([this.#today], { spare: true })
    for (let i = 0; i < this.#chains.length; i += AT_ONCE) {
      this.#task.onProgress?.(i, this.#chains.length)
      await this.#searchChains(this.#chains.slice(i, i + AT_ONCE))
    }
    await this.#front()
    return this.#found()
  }

  async #searchChains(chains: readonly Chain[]): Promise<void> {
    for (;;) {
      const probes = chains.flatMap((chain) => nextProbe(chain, this.#ruled, this.#cheapest) ?? [])
      if (probes.length === 0) break
      await this.#race(probes)
    }
    await this.#check(chains)
  }

  /** A second candidate of chains that a single one has ruled out; a full search where needed. */
  async #check(chains: readonly Chain[]): Promise<void> {
    const second = chains.flatMap((chain) => {
      const open = chain.candidates.filter(
        (candidate) => this.#isOpen(candidate) && candidate.cost < this.#cheapest,
      )
      const single = chain.candidates.filter((candidate) => this.#runs.has(candidate)).length === 1
      if (!single || open.length === 0 || this.#single++ % CHECK_EVERY > 0) return []
      return [open[open.length >> 1]!]
    })
    await this.#look(second)
    for (const chain of chains) {
      if (!this.#compare(chain)) continue
      const cheaper = chain.candidates.filter((candidate) => candidate.cost < this.#cheapest)
      await this.#race(cheaper.filter((candidate) => this.#ruled(candidate) === null))
    }
  }

  /** Compares neighbours among the simulated candidates of a chain; whether one is evidence. */
  #compare({ candidates }: Chain): boolean {
    const simulated = candidates.filter((candidate) => this.#runs.has(candidate))
    let isEvidence = false
    for (let i = 1; i < simulated.length; i++) {
      const [fewer, more] = [simulated[i - 1]!, simulated[i]!]
      this.#compared.add(`${fewer.index} ${more.index}`)
      const [before, after] = [fewer, more].map((candidate) =>
        this.#runs.get(candidate)!.map(({ objectives }) => objectives),
      )
      const against = againstMonotone(this.#task.objectives, before!, after!)
      if (against === null) continue
      const isListed = this.#against.some((pair) => pair.fewer === fewer && pair.more === more)
      if (!isListed) this.#against.push({ ...against, fewer, more })
      isEvidence = true
    }
    return isEvidence
  }

  /** Equally cheap and somewhat dearer candidates, the cheapest of each chain first. */
  async #front(): Promise<void> {
    const { looks } = this.#task
    const limit = FRONT_COST * this.#cheapest
    if (limit === Number.POSITIVE_INFINITY) return
    const near = this.#chains
      .flatMap(({ candidates }) => {
        const untried = candidates.find(
          (candidate) =>
            this.#cost(candidate) >= this.#cheapest &&
            this.#cost(candidate) <= limit &&
            this.#isOpen(candidate) &&
            !isRuledOut(candidate, candidates, this.#ruled),
        )
        const wasDear = candidates.filter((candidate) => this.#wasDear(candidate, limit))
        return untried === undefined ? wasDear : [untried, ...wasDear]
      })
      .sort((a, b) => this.#cost(a) - this.#cost(b) || a.index - b.index)
      .slice(0, FRONT)
    const at = looks.at.filter((n) => n <= FRONT_REPLICATIONS)
    await this.#race(near, { spare: true, most: at.at(-1)! })
    for (const chain of this.#chains) this.#compare(chain)
  }

  /** Looks at candidates until each is decided; `spare`: also beyond the cost of the cheapest. */
  async #race(
    candidates: readonly Candidate[],
    { spare = false, most = this.#task.looks.at.at(-1)! } = {},
  ): Promise<void> {
    for (let open = candidates; open.length > 0; ) {
      await this.#look(open)
      open = open.filter((candidate) => {
        const judged = this.#judged.get(candidate)
        if (judged?.verdict !== 'UNDECIDED') return false
        const dear = !spare && this.#leastCost(candidate) >= this.#cheapest
        const last = isUnjudged(judged) || this.#runs.get(candidate)!.length >= most
        // the least cost of a scaled one is below: it must not be asked for again
        if (last || (dear && candidate.scaled)) this.#ended.add(candidate)
        return !last && !dear
      })
    }
  }

  /** Takes each candidate to its next look, and judges it. */
  async #look(candidates: readonly Candidate[]): Promise<void> {
    const { looks, simulate } = this.#task
    const asks = candidates.flatMap((candidate): Ask[] => {
      const from = this.#runs.get(candidate)?.length ?? 0
      const to = looks.at.find((n) => n > from)
      return to === undefined ? [] : [{ candidate, from, to }]
    })
    const answers = await simulate(asks)
    for (const [i, { candidate }] of asks.entries()) {
      const answer = answers[i]!
      if (answer === null) {
        this.#refused.add(candidate)
        continue
      }
      const runs = [...(this.#runs.get(candidate) ?? []), ...answer]
      this.#runs.set(candidate, runs)
      const judgement = judgementOn(this.#task, candidate, runs)
      this.#judged.set(candidate, judgement)
      if (judgement.verdict === 'MEETS') {
        this.#cheapest = Math.min(this.#cheapest, paidCost(candidate, this.#paid(candidate)))
      }
    }
  }

  /** What each run of a scaled candidate paid for; null where the cost is known in advance. */
  #paid(candidate: Candidate): number[] | null {
    return paidInRuns(this.#task, candidate, this.#runs.get(candidate))
  }

  #cost(candidate: Candidate): number {
    return paidCost(candidate, this.#paid(candidate))
  }

  #leastCost(candidate: Candidate): number {
    return leastPaid(candidate, this.#paid(candidate))
  }

  /** Whether a scaled candidate was left undecided as it was dear, but costs no more than this. */
  #wasDear(candidate: Candidate, limit: number): boolean {
    const open = this.#judged.get(candidate)?.verdict === 'UNDECIDED'
    return candidate.scaled === true && open && this.#cost(candidate) <= limit
  }

  #isOpen(candidate: Candidate): boolean {
    return !this.#runs.has(candidate) && !this.#refused.has(candidate)
  }

  readonly #ruled: Ruled = (candidate) => {
    if (this.#refused.has(candidate)) return 'UNKNOWN'
    const judged = this.#judged.get(candidate)
    if (judged === undefined) return null
    if (judged.verdict !== 'UNDECIDED') return judged.verdict
    if (isUnjudged(judged)) return 'UNKNOWN'
    return this.#ended.has(candidate) ? 'FAILS' : null
  }

  #found(): PlanFound<Run> {
    const tried = [...this.#runs].map(([candidate, runs]) => ({
      candidate,
      cost: this.#cost(candidate),
      paid: this.#paid(candidate),
      runs,
      judgement: this.#judged.get(candidate)!,
    }))
    const untried = this.#candidates.filter(
      (candidate) => candidate !== this.#today && this.#isOpen(candidate),
    )
    return {
      tried,
      winner: cheapestOf(tried),
      dearer: untried.filter(({ cost }) => cost >= this.#cheapest),
      ruledOut: untried.filter(({ cost }) => cost < this.#cheapest),
      refused: [...this.#refused],
      compared: this.#compared.size,
      against: this.#against,
    }
  }
}

/** How near the tried candidate is to its nearest limit. */
export const nearness = ({ judgement }: Pick<Tried<unknown>, 'judgement'>) =>
  Math.max(...judgement.objectives.map(({ ofLimit }) => ofLimit))

/** By cost, those without a price last; equally cheap ones by their distance from the limits. */
export function byCost(a: Tried<unknown>, b: Tried<unknown>): number {
  return (
    pricedFirst(a.candidate, b.candidate) ||
    a.cost - b.cost ||
    nearness(a) - nearness(b) ||
    a.candidate.index - b.candidate.index
  )
}

function cheapestOf<Run>(tried: readonly Tried<Run>[]): Tried<Run> | null {
  const meeting = tried.filter(({ judgement }) => judgement.verdict === 'MEETS')
  return meeting.sort(byCost)[0] ?? null
}
