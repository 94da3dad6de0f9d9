import { grouped } from '../../../sim/experiment/index.ts'

/** What a plan will simulate, as far as it is known before the search. */
export interface PlanWork {
  /** configurations in each chain that differs in replicas only */
  readonly chains: readonly number[]
  /** most replications of a configuration */
  readonly most: number
  /** whether nothing is random, so that one replication of each is simulated */
  readonly exact: boolean
}

/** Replications at which most configurations are decided. */
const DECIDED = 6
/** Of a chain that is dearer than the best so far, mostly one configuration is looked at. */
const RULED_OUT = 6
/** Configurations near the winner, its headroom, and what moves it. */
const FRONT = { configurations: 6, replications: 9 }
const WINNER = { simulations: 17, replications: 10 }

/**
 * Replications that a plan is likely to simulate, and the most: the first chain is halved until
 * its cheapest is found, the others are mostly ruled out at their first look.
 */
export function planReplications({ chains, most, exact }: PlanWork): {
  readonly likely: number
  readonly most: number
} {
  const [decided, ruledOut] = exact ? [1, 1] : [DECIDED, RULED_OUT]
  const configurations = chains.reduce((sum, size) => sum + size, 0)
  const halvings = Math.ceil(Math.log2(Math.max(1, ...chains))) + 1
  const front = Math.min(FRONT.configurations, configurations)
  const beside = exact
    ? front + WINNER.simulations
    : front * FRONT.replications + WINNER.simulations * WINNER.replications
  const search = halvings * decided + (chains.length - 1) * ruledOut
  const all = configurations * (exact ? 1 : most)
  return { likely: Math.min(all, search) + beside, most: all + beside }
}

/** A plan that is likely to take longer says so, s. */
const NOTABLE_S = 20

/**
 * How long a plan is going to take, by the time of a replication of the scenario as it stands;
 * null where it is soon done.
 */
export function planTimeText(work: PlanWork, eachS: number, processes: number): string | null {
  const { likely, most } = planReplications(work)
  const seconds = (replications: number) => (replications * eachS) / processes
  if (seconds(likely) < NOTABLE_S) return null
  const each = `${eachS < 9.95 ? eachS.toFixed(1) : Math.round(eachS)} s each`
  const at = processes === 1 ? 'on one process' : `on ${processes} processes`
  return `this plan is likely to simulate about ${grouped(rounded(likely))} replications, ${each} ${at}: about ${longText(seconds(likely))}, at most ${longText(seconds(most))}; fewer values to search, a shorter duration_s or fewer --replications take less`
}

/** To two digits: it is an estimate. */
const rounded = (value: number) => Number(value.toPrecision(2))

function longText(seconds: number): string {
  if (seconds < 90) return `${rounded(seconds)} s`
  if (seconds < 5400) return `${rounded(seconds / 60)} min`
  return `${rounded(seconds / 3600)} h`
}
