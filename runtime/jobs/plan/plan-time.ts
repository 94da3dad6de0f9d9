import { grouped } from '../../../sim/experiment/index.ts'
import { leastDraws } from '../../../sim/stats/index.ts'
import { REPLICATIONS } from '../defaults.ts'

/** What a plan will simulate, as far as it is known before the search. */
export interface PlanWork {
  /** configurations in each chain that differs in replicas only */
  readonly chains: readonly number[]
  /** most replications of a configuration */
  readonly most: number
  /** whether nothing is random, so that one replication of each is simulated */
  readonly exact: boolean
  /** simulations of the winner that follow the search, at its traffic */
  readonly ofWinner: number
  /** inputs that are not known, which the plan draws after the search */
  readonly inputs: number
}

/** Replications at which most configurations are decided. */
const DECIDED = 6
/** Of a chain that is dearer than the best so far, mostly one configuration is looked at. */
const RULED_OUT = 6
/** Configurations near the winner. */
const FRONT = { configurations: 6, replications: 9 }

/**
 * Replications that a plan is likely to simulate, and the most: the first chain is halved until
 * its cheapest is found, the others are mostly ruled out at their first look.
 */
export function planReplications({ chains, most, exact, ofWinner }: PlanWork): {
  readonly likely: number
  readonly most: number
} {
  const [decided, ruledOut] = exact ? [1, 1] : [DECIDED, RULED_OUT]
  const configurations = chains.reduce((sum, size) => sum + size, 0)
  const halvings = Math.ceil(Math.log2(Math.max(1, ...chains))) + 1
  const front = Math.min(FRONT.configurations, configurations)
  const beside = exact
    ? front + ofWinner
    : front * FRONT.replications + ofWinner * REPLICATIONS.interval
  const search = halvings * decided + (chains.length - 1) * ruledOut
  const all = configurations * (exact ? 1 : most)
  return { likely: Math.min(all, search) + beside, most: all + beside }
}

/**
 * Draws of uncertain inputs that a plan is likely to simulate, in those of one configuration: the
 * winner at the stated inputs in all, the one that holds in the rest, and a cheaper one in some.
 */
const DRAWN = 2.5
const REPLICATIONS_OF_DRAW = 4

/** Replications of draws that a plan is likely to simulate after its search. */
export function drawnReplications({ inputs, exact }: Pick<PlanWork, 'inputs' | 'exact'>): number {
  if (inputs === 0) return 0
  return DRAWN * leastDraws(inputs) * (exact ? 1 : REPLICATIONS_OF_DRAW)
}

/** A plan that is likely to take longer says so, s. */
const NOTABLE_S = 20
/** Beside simulations that take longer, the start of their processes does not count, s. */
const MOST_START_S = 20

/** Replications that were simulated together, and how long that took. */
interface Look {
  readonly replications: number
  readonly seconds: number
}

/**
 * Says once how long a plan is going to take, as soon as that is known. The first look is at the
 * scenario as it stands, while processes start, read their code and compile it: on a busy machine
 * three replications of a tenth of a second took nine seconds. So what a replication takes is that
 * of the second look, unless the first one was longer than any start.
 */
export class PlanClock {
  readonly #work: PlanWork
  readonly #processes: number
  #looks = 0
  #isTold = false

  constructor(work: PlanWork, processes: number) {
    this.#work = work
    this.#processes = processes
  }

  /** After each look; null where there is nothing to say, or it was said. */
  after({ replications, seconds }: Look): string | null {
    if (this.#isTold || replications === 0) return null
    this.#looks++
    if (this.#looks === 1 && seconds < MOST_START_S) return null
    this.#isTold = true
    const rounds = Math.ceil(replications / this.#processes)
    return planTimeText(this.#work, seconds / rounds, this.#processes)
  }
}

/** How long a plan takes at so many seconds a replication; null where it is soon done. */
export function planTimeText(work: PlanWork, eachS: number, processes: number): string | null {
  const { likely, most } = planReplications(work)
  const drawn = drawnReplications(work)
  const seconds = (replications: number) => (replications * eachS) / processes
  if (seconds(likely + drawn) < NOTABLE_S) return null
  const each = `${eachS < 9.95 ? eachS.toFixed(1) : Math.round(eachS)} s each`
  const at = processes === 1 ? 'on one process' : `on ${processes} processes`
  const drawnText =
    drawn === 0
      ? ''
      : `; then about ${grouped(rounded(drawn))} of draws of its uncertain inputs: about ${longText(seconds(drawn))}, and more where a probability is near the one that is asked for`
  return `this plan is likely to simulate about ${grouped(rounded(likely))} replications, ${each} ${at}: about ${longText(seconds(likely))}, at most ${longText(seconds(most))}${drawnText}; fewer values to search, a shorter duration_s or fewer --replications take less`
}

/** To two digits: it is an estimate. */
const rounded = (value: number) => Number(value.toPrecision(2))

function longText(seconds: number): string {
  if (seconds < 90) return `${rounded(seconds)} s`
  if (seconds < 5400) return `${rounded(seconds / 60)} min`
  return `${rounded(seconds / 3600)} h`
}
