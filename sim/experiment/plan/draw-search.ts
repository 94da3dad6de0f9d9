import { sum } from '../../kernel/index.ts'
import { decided } from './candidate-judgement.ts'
import { DrawJudge, type DrawnChance, NOT_SIMULATED } from './draw-judge.ts'
import type { DrawnCandidate, DrawsFound, DrawTask } from './draw-task.ts'
import { type Candidate, type Chain, chainsOf } from './plan-chains.ts'
import { pricedFirst } from './plan-costs.ts'
import { byCost, nearness } from './plan-search.ts'
import type { JudgedRun, Tried } from './plan-task.ts'

/** Draws that are asked for at once: not the number of cores, which changes no result. */
const AT_ONCE = 8
/** A chance beyond this, or below the rest, is sure: other candidates of the chain follow. */
const SURE = 0.999
/** Standard errors within which one of twenty probabilities is that is really beyond. */
const SURELY = 1.645
/** Candidates of each kind that may be cheaper than the winner in some draws. */
const RIVALS = 4

/**
 * The cheapest candidate that holds every objective with a given probability over what the inputs
 * may be: the winner at the stated inputs, or one that is dearer. All have the same draws.
 *
 * The winner at the stated inputs is drawn first. Where it holds too seldom, candidates of its
 * chain with more replicas follow, one by one, and then whatever of other chains is cheaper than
 * the cheapest that holds. Each has to meet at the stated inputs first. In a draw in which a
 * candidate holds for sure, those of its chain with more replicas are taken to hold, too, and where
 * it fails for sure, those with fewer to fail. Draws in which the winner is farthest beyond its
 * limits are the first, and a candidate that fails in too many of them is left. A candidate gets
 * twice the draws while the probability is nearer to the one that is asked for than 1.645 standard
 * errors of as many independent draws.
 *
 * Then candidates that are cheaper than the two, at the stated prices or at those of a draw, are
 * tried in the draws in which they may hold: with them is known how often each is the cheapest.
 */
export async function searchDraws<Run extends JudgedRun>(
  task: DrawTask<Run>,
): Promise<DrawsFound<Run> | null> {
  const { winner } = task.stated
  return winner === null ? null : new DrawSearch(task, winner).run()
}

/** A candidate in the draws that were simulated. */
interface Drawn {
  readonly judge: DrawJudge
  /** runs of each draw */
  readonly seeds: number
  readonly chances: Map<number, DrawnChance>
}

class DrawSearch<Run extends JudgedRun> {
  readonly #task: DrawTask<Run>
  readonly #stated: Tried<Run>
  readonly #chains: readonly Chain[]
  /** of candidates in whose chain more replicas are no worse */
  readonly #chainOf = new Map<Candidate, Chain>()
  readonly #tried: Map<Candidate, Tried<Run>>
  readonly #refused: Set<Candidate>
  readonly #drawn = new Map<Candidate, Drawn>()
  /** whether candidates that were drawn hold as surely as they have to */
  readonly #ruled = new Map<Candidate, 'MEETS' | 'FAILS' | 'UNKNOWN'>()
  /** of those with all draws that they need */
  readonly #pHolds = new Map<Candidate, { readonly p: number; readonly draws: number }>()
  #asked = 0

  constructor(task: DrawTask<Run>, winner: Tried<Run>) {
    const { tried, refused } = task.stated
    this.#task = task
    this.#stated = winner
    // nothing without a price is cheaper than what has one
    const alike = task.plan.candidates.filter(
      (candidate) => pricedFirst(candidate, winner.candidate) === 0,
    )
    this.#chains = chainsOf(alike)
    for (const chain of this.#chains) {
      // two candidates may be evidence that more replicas are worse
      const isAgainst = task.stated.against.some(({ fewer }) => chain.candidates.includes(fewer))
      if (isAgainst) continue
      for (const candidate of chain.candidates) this.#chainOf.set(candidate, chain)
    }
    this.#tried = new Map(tried.map((each) => [each.candidate, each]))
    this.#refused = new Set(refused)
  }

  async run(): Promise<DrawsFound<Run>> {
    const winner = await this.#cheapest()
    await this.#completeLeft(winner?.cost ?? Number.POSITIVE_INFINITY)
    const targets = winner === null || winner === this.#stated ? [] : [winner]
    await this.#drawRivals([this.#stated, ...targets])
    const drawn: DrawnCandidate[] = []
    for (const candidate of this.#drawn.keys()) {
      const isTarget = [this.#stated, ...targets].some((target) => target.candidate === candidate)
      drawn.push({
        candidate,
        ...this.#overDraws(candidate),
        pCheapest: isTarget ? await this.#pCheapest(candidate) : null,
      })
    }
    return { found: this.#withDraws(winner), stated: this.#stated, drawn }
  }

  async #cheapest(): Promise<Tried<Run> | null> {
    const { candidate } = this.#stated
    if ((await this.#probability(candidate)) >= this.#task.confidence) return this.#stated
    this.#ruled.set(candidate, 'FAILS')
    const isItsChain = ({ candidates }: Chain) => candidates.includes(candidate)
    const itsFirst = this.#chains.toSorted((a, b) => Number(isItsChain(b)) - Number(isItsChain(a)))
    let best: Tried<Run> | null = null
    for (const chain of itsFirst) {
      for (;;) {
        const below: number = best?.cost ?? Number.POSITIVE_INFINITY
        const next = this.#next(chain, below)
        if (next === null) break
        const tried = await this.#decided(next)
        const mayWin = tried?.judgement.verdict === 'MEETS' && tried.cost < below
        const holds = mayWin && (await this.#holds(next))
        this.#ruled.set(next, tried === null ? 'UNKNOWN' : holds ? 'MEETS' : 'FAILS')
        if (holds) best = tried
      }
    }
    return best
  }

  /**
   * The candidate of a chain to try next: the cheapest that is left while none holds, as it needs
   * the draws alone in which those with fewer replicas fail; else the dearest that is cheaper.
   */
  #next(chain: Chain, below: number): Candidate | null {
    const { candidates } = chain
    const failing = candidates.findLastIndex(
      (candidate) => this.#rulingOf(candidate) === 'FAILS' && this.#chainOf.has(candidate),
    )
    const open = candidates.filter(
      (candidate, i) =>
        i > failing &&
        this.#rulingOf(candidate) === null &&
        this.#costOf(candidate) >= this.#stated.cost &&
        this.#costOf(candidate) < below,
    )
    return (below === Number.POSITIVE_INFINITY ? open[0] : open.at(-1)) ?? null
  }

  /** What is known of a candidate; null where it may hold as surely as it has to. */
  #rulingOf(candidate: Candidate): 'MEETS' | 'FAILS' | 'UNKNOWN' | null {
    if (this.#refused.has(candidate)) return 'UNKNOWN'
    const fails = this.#tried.get(candidate)?.judgement.verdict === 'FAILS'
    return this.#ruled.get(candidate) ?? (fails ? 'FAILS' : null)
  }

  /** Of a scaled candidate that was not tried, the least that it may pay for. */
  #costOf(candidate: Candidate): number {
    return this.#tried.get(candidate)?.cost ?? candidate.cost
  }

  /** A candidate at the stated inputs; null where it cannot be simulated. */
  async #decided(candidate: Candidate): Promise<Tried<Run> | null> {
    const tried = await decided(this.#task.plan, candidate, this.#tried.get(candidate) ?? null)
    if (tried === null) this.#refused.add(candidate)
    else this.#tried.set(candidate, tried)
    return tried
  }

  /** The probability that a candidate holds, whatever it is. */
  async #probability(candidate: Candidate): Promise<number> {
    for (let draws = this.#task.least; ; draws *= 2) {
      await this.#ask(candidate, this.#unknown(candidate, draws))
      if (this.#isDecided(candidate, draws)) return this.#pHolds.get(candidate)!.p
    }
  }

  /** Whether a candidate holds as surely as it has to; it is left as soon as it does not. */
  async #holds(candidate: Candidate): Promise<boolean> {
    const { least, confidence } = this.#task
    for (let draws = least; ; draws *= 2) {
      const most = draws * (1 - confidence + errorOf(confidence, draws))
      for (;;) {
        if (draws === least && this.#missing(candidate, draws) > most) return false
        const unknown = this.#hardestFirst(this.#unknown(candidate, draws))
        if (unknown.length === 0) break
        await this.#ask(candidate, unknown.slice(0, AT_ONCE))
      }
      if (this.#isDecided(candidate, draws)) return this.#pHolds.get(candidate)!.p >= confidence
    }
  }

  /**
   * Asks for the open draws of those that were left, of each chain the dearest below a cost: it may
   * be the cheapest that holds in some draws, or hold more often than all others.
   */
  async #completeLeft(below: number): Promise<void> {
    const { least } = this.#task
    for (const { candidates } of this.#chains) {
      const left = candidates.findLast(
        (each) => this.#drawn.has(each) && this.#costOf(each) < below,
      )
      if (left !== undefined) await this.#ask(left, this.#unknown(left, least))
    }
  }

  /** Keeps the probability of a candidate by so many draws; whether these are enough. */
  #isDecided(candidate: Candidate, draws: number): boolean {
    const { confidence, most } = this.#task
    const p = 1 - this.#missing(candidate, draws) / draws
    this.#pHolds.set(candidate, { p, draws })
    const isFar = Math.abs(p - confidence) > SURELY * errorOf(confidence, draws)
    return isFar || 2 * draws > most
  }

  /** In how many of so many draws a candidate is known to fail. */
  #missing(candidate: Candidate, draws: number): number {
    return sum(range(draws).map((draw) => 1 - (this.#chance(candidate, draw) ?? 1)))
  }

  #unknown(candidate: Candidate, draws: number): number[] {
    return range(draws).filter((draw) => this.#chance(candidate, draw) === null)
  }

  #overDraws(candidate: Candidate): Pick<DrawnCandidate, 'draws' | 'pHolds'> {
    const { least } = this.#task
    const whole = this.#pHolds.get(candidate)
    const open = this.#unknown(candidate, least).length
    if (whole === undefined && open === 0) {
      return { draws: least, pHolds: 1 - this.#missing(candidate, least) / least }
    }
    return { draws: whole?.draws ?? least - open, pHolds: whole?.p ?? null }
  }

  /** Those first in which the winner at the stated inputs is farthest beyond its limits. */
  #hardestFirst(draws: readonly number[]): number[] {
    const chances = this.#drawn.get(this.#stated.candidate)!.chances
    const ofLimit = (draw: number) => chances.get(draw)?.ofLimit ?? 0
    return draws.toSorted((a, b) => {
      const [first, second] = [ofLimit(a), ofLimit(b)]
      return first === second ? a - b : second - first
    })
  }

  /** The chance that a candidate holds in a draw, itself or by its chain; null where it is open. */
  #chance(candidate: Candidate, draw: number): number | null {
    const itself = this.#drawn.get(candidate)?.chances.get(draw)
    if (itself !== undefined) return itself.holds
    for (const member of this.#chainOf.get(candidate)?.candidates ?? []) {
      const inDraw = this.#drawn.get(member)?.chances.get(draw)
      // one that cannot be simulated says nothing of others
      if (inDraw === undefined || inDraw === NOT_SIMULATED) continue
      const { holds } = inDraw
      const follows = isFewer(member, candidate)
        ? holds > SURE
        : isFewer(candidate, member) && holds < 1 - SURE
      if (follows) return holds
    }
    return null
  }

  async #ask(candidate: Candidate, draws: readonly number[]): Promise<void> {
    const { onProgress, draw: simulated } = this.#task
    if (draws.length === 0) return
    const { judge, seeds, chances } = await this.#drawnOf(candidate)
    onProgress?.(this.#asked, this.#asked + draws.length)
    const answers = await simulated(candidate, draws, seeds)
    for (const [i, draw] of draws.entries()) {
      const runs = answers[i] ?? null
      chances.set(draw, runs === null ? NOT_SIMULATED : judge.chance(runs))
    }
    this.#asked += draws.length
  }

  async #drawnOf(candidate: Candidate): Promise<Drawn> {
    const before = this.#drawn.get(candidate)
    if (before !== undefined) return before
    const { plan, replications, statedRuns } = this.#task
    const { runs } = this.#tried.get(candidate)!
    // all others are the same
    const seeds = runs[0]!.exact ? 1 : Math.min(replications, runs.length)
    const judge = new DrawJudge(plan.objectives, await statedRuns(candidate, runs), seeds)
    const drawn: Drawn = { judge, seeds, chances: new Map() }
    this.#drawn.set(candidate, drawn)
    return drawn
  }

  /** Draws candidates that may be cheaper than the targets, where they may hold. */
  async #drawRivals(targets: readonly Tried<Run>[]): Promise<void> {
    const { least } = this.#task
    for (const rival of this.#cheaperRivals()) {
      // those first in which the winner has most room: a cheaper one holds there, or nowhere
      const easiest = this.#hardestFirst(range(least)).reverse()
      for (let at = 0; at < least; at += AT_ONCE) {
        const draws = easiest.slice(at, at + AT_ONCE)
        await this.#ask(
          rival,
          draws.filter((draw) => this.#chance(rival, draw) === null),
        )
        if (draws.every((draw) => this.#chance(rival, draw)! < 1 - SURE)) break
      }
    }
    for (const { candidate, draws } of await this.#pricedRivals(targets)) {
      await this.#ask(
        candidate,
        draws.filter((draw) => this.#chance(candidate, draw) === null),
      )
    }
  }

  /** Of each chain the dearest that is cheaper than the winner, if it was tried; nearest first. */
  #cheaperRivals(): Candidate[] {
    return this.#chains
      .flatMap(({ candidates }) => {
        const cheaper = candidates.filter((each) => this.#costOf(each) < this.#stated.cost)
        return this.#tried.get(cheaper.at(-1) ?? this.#stated.candidate) ?? []
      })
      .filter((tried) => tried !== this.#stated)
      .sort((a, b) => nearness(a) - nearness(b) || a.candidate.index - b.candidate.index)
      .slice(0, RIVALS)
      .map(({ candidate }) => candidate)
  }

  /** Those that meet and are no cheaper than a target as stated, with the draws where they are. */
  async #pricedRivals(targets: readonly Tried<Run>[]) {
    const { costIn, least } = this.#task
    // no draw changes a cost
    if (costIn === null) return []
    const meeting = [...this.#tried.values()]
      .filter(({ judgement: { verdict } }) => verdict === 'MEETS')
      .filter((tried) => !targets.includes(tried) && this.#isAlike(tried.candidate))
      .sort(byCost)
    const rivals: { candidate: Candidate; draws: number[] }[] = []
    for (const { candidate } of meeting) {
      if (rivals.length === RIVALS) break
      const draws: number[] = []
      for (const draw of range(least)) {
        const cost = await this.#costIn(candidate, draw)
        const ofTargets = targets.map((target) => this.#costIn(target.candidate, draw))
        if ((await Promise.all(ofTargets)).some((each) => cost < each)) draws.push(draw)
      }
      // what scaled replicas cost in a draw is known when it is simulated
      const open = candidate.scaled ? range(least) : draws
      if (open.length > 0) rivals.push({ candidate, draws: open })
    }
    return rivals
  }

  #isAlike(candidate: Candidate): boolean {
    return pricedFirst(candidate, this.#stated.candidate) === 0
  }

  /** That a candidate holds, and nothing that was drawn and is cheaper in the same draw does. */
  async #pCheapest(candidate: Candidate): Promise<number> {
    const { least } = this.#task
    let held = 0
    let beaten = 0
    for (const draw of range(least)) {
      const holds = this.#chance(candidate, draw)!
      const cost = await this.#costIn(candidate, draw)
      let cheaper = 0
      for (const rival of this.#drawn.keys()) {
        if (rival === candidate || (await this.#costIn(rival, draw)) >= cost) continue
        cheaper = Math.max(cheaper, this.#chance(rival, draw) ?? 0)
      }
      held += holds
      beaten += Math.min(cheaper, holds)
    }
    return held === 0 ? 0 : this.#pHolds.get(candidate)!.p * (1 - beaten / held)
  }

  /** What a candidate costs in a draw; as stated where that is not known. */
  async #costIn(candidate: Candidate, draw: number): Promise<number> {
    return (await this.#task.costIn?.(candidate, draw)) ?? this.#costOf(candidate)
  }

  #withDraws(winner: Tried<Run> | null): DrawsFound<Run>['found'] {
    const { stated } = this.#task
    const isOpen = (candidate: Candidate) =>
      !this.#tried.has(candidate) && !this.#refused.has(candidate)
    const untried = [...stated.dearer, ...stated.ruledOut].filter(isOpen)
    const below = winner?.cost ?? Number.POSITIVE_INFINITY
    const isDear = (candidate: Candidate) => !this.#isAlike(candidate) || candidate.cost >= below
    const wasDear = new Set(stated.dearer)
    return {
      ...stated,
      winner,
      tried: [...this.#tried.values()],
      refused: [...this.#refused],
      dearer: untried.filter((candidate) => wasDear.has(candidate) && isDear(candidate)),
      ruledOut: untried.filter((candidate) => !wasDear.has(candidate) || !isDear(candidate)),
    }
  }
}

/** Whether the first has no more replicas than the second, of which all else is the same. */
const isFewer = (a: Candidate, b: Candidate) =>
  a.replicas.every((count, i) => count <= b.replicas[i]!)

/** The standard error of a probability over so many independent draws. */
const errorOf = (p: number, draws: number) => Math.sqrt((p * (1 - p)) / draws)

const range = (to: number) => Array.from({ length: to }, (_, i) => i)
