import {
  type Dimension,
  EXIT,
  Failure,
  gridPoint,
  gridSize,
  loadScenario,
  type Scenario,
} from '../../../scenarios/index.ts'
import { type Candidate, hourlyCost } from '../../../sim/experiment/index.ts'
import { pause } from '../../process/interruption.ts'
import type { ConfigurationBase } from '../configurations/configuration-process.ts'
import type { JobOptions } from '../options.ts'
import type { System } from '../prepare.ts'

/** A valid configuration of the space. */
export interface PricedCandidate extends Candidate {
  readonly set: readonly string[]
}

export interface PlanCandidates {
  readonly candidates: readonly PricedCandidate[]
  /** the scenario as it stands: one of the candidates, or one beside them */
  readonly today: PricedCandidate
  readonly unit: 'usd_per_hour' | 'replicas'
  /** overrides that are invalid, with the problem */
  readonly invalid: readonly { readonly set: readonly string[]; readonly problem: string }[]
  /** overrides that give the scenario of another candidate */
  readonly same: readonly (readonly string[])[]
}

/** A plan prepares every configuration to know its cost: some milliseconds each. */
const MOST_CANDIDATES = 20_000

/** Keys that say what is asked of a configuration, not what it is. */
const ASKED = /^(traffic|slo|duration_s|warmup_s|seed|name|description|spillway)(\.|$)/

const REPLICAS = /^pools\.[^=]+\.replicas$/

/** Throws `Failure` where a dimension is no choice of a configuration, or there are too many. */
export function refuseDimensions(dimensions: readonly Dimension[]): void {
  const asked = dimensions.find(({ path }) => ASKED.test(path))
  if (asked !== undefined) {
    throw new Failure(
      `--set ${asked.path}=${asked.values.join(',')}: a plan compares configurations at the same traffic and objectives; give one value`,
      EXIT.usage,
    )
  }
  const size = gridSize(dimensions)
  if (size <= MOST_CANDIDATES) return
  const [got, most] = [size, MOST_CANDIDATES].map((n) => n.toLocaleString('en-US'))
  throw new Failure(
    `--set: ${got} configurations, a plan takes at most ${most}; name fewer values`,
    EXIT.usage,
  )
}

/**
 * Throws `Failure` where replicas are scaled: a plan searches by cost, which must be known before
 * it simulates. The cost of a scaled pool is that of the replicas that are paid for in a run.
 */
export function refuseScaled({ file, scenario }: Pick<System, 'file' | 'scenario'>): void {
  const scaled = scenario.pools.find(({ scaling }) => scaling !== undefined)
  if (scaled === undefined) return
  throw new Failure(
    `${file} pools.${scaled.name}.scaling: remove it, as a plan searches by a cost that is known in advance, and that of a scaled pool is not; spillway variants and sweep compare scalers by what they paid`,
  )
}

interface Draft {
  readonly set: readonly string[]
  readonly scenario: Scenario
  readonly hash: string
  readonly index: number
}

/** Every configuration of the space with its cost, none of them simulated. */
export async function planCandidates(
  { path, set: common, seed }: ConfigurationBase,
  dimensions: readonly Dimension[],
  system: System,
  { signal, onProgress }: JobOptions,
): Promise<PlanCandidates> {
  const size = gridSize(dimensions)
  const drafts: Draft[] = []
  const invalid: { set: readonly string[]; problem: string }[] = []
  const same: (readonly string[])[] = []
  const hashes = new Set<string>()
  for (let index = 0; index < size; index++) {
    if (index % 50 === 0) {
      onProgress?.('reading configurations', index, size)
      await pause(signal)
    }
    const set = gridPoint(dimensions, index)
    const all = [...common, ...set]
    try {
      const options = { set: all, ...(seed !== undefined && { seed }) }
      const { scenario, hash } = await loadScenario(path, options)
      if (hashes.has(hash)) same.push(set)
      else drafts.push({ set, scenario, hash, index })
      hashes.add(hash)
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      invalid.push({ set, problem: error.problems[0]! })
    }
  }
  const scenarios = [system.scenario, ...drafts.map(({ scenario }) => scenario)]
  const priced = scenarios.every(({ pools }) => hourlyCost(pools) !== null)
  const unit = priced ? 'usd_per_hour' : 'replicas'
  const costOf = ({ pools }: Scenario) =>
    (priced ? hourlyCost(pools) : null) ?? pools.reduce((sum, pool) => sum + pool.replicas, 0)
  const along = dimensions.map(({ path: at }) => REPLICAS.test(at))
  const candidates = drafts.map(({ set, scenario, index }): PricedCandidate => {
    const values = set.map((text) => text.slice(text.indexOf('=') + 1))
    return {
      set,
      index,
      cost: costOf(scenario),
      family: JSON.stringify(set.filter((_, i) => !along[i])),
      replicas: values.flatMap((value, i) => (along[i] ? [Number(value)] : [])),
      capacityRps: null,
    }
  })
  const own = drafts.findIndex(({ hash }) => hash === system.hash)
  const beside = { set: [], index: size, cost: costOf(system.scenario), family: '', replicas: [] }
  const today = candidates[own] ?? { ...beside, capacityRps: system.capacityRps }
  return { candidates, today, unit, invalid, same }
}
