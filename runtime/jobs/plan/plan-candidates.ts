import {
  type Dimension,
  EXIT,
  Failure,
  gridPoint,
  gridSize,
  loadScenario,
  MOST_INPUTS,
  type Pool,
  replicaPrice,
  type Scenario,
  shortened,
  type Uncertain,
} from '../../../scenarios/index.ts'
import {
  type Candidate,
  commonInputs,
  hourlyCost,
  leastReplicas,
} from '../../../sim/experiment/index.ts'
import { pause } from '../../process/interruption.ts'
import type { ConfigurationInputs } from '../configurations/configuration-inputs.ts'
import type { JobOptions } from '../options.ts'
import { type System, unknownOf } from '../prepare.ts'
import type { ConfigurationBase } from '../simulations/configuration-runs.ts'

/** A valid configuration of the space. */
export interface PricedCandidate extends Candidate {
  readonly set: readonly string[]
}

export interface PlanCandidates {
  readonly candidates: readonly PricedCandidate[]
  /** the scenario as it stands: one of the candidates, or one beside them */
  readonly today: PricedCandidate
  readonly unit: 'usd_per_hour' | 'replicas'
  /** cards without a price where others have one, and such pools of this machine; each once */
  readonly withoutPrice: readonly string[]
  /** overrides that are invalid, with the problem */
  readonly invalid: readonly { readonly set: readonly string[]; readonly problem: string }[]
  /** overrides that give the scenario of another candidate */
  readonly same: readonly (readonly string[])[]
  /** inputs of all configurations that are not known, each once, those of the scenario first */
  readonly inputs: Uncertain['inputs']
  /** by the index of a candidate, the place of each of its inputs among them */
  readonly places: ReadonlyMap<number, readonly number[]>
}

/** Most inputs of a configuration that are not known. */
export const mostInputs = ({ places }: Pick<PlanCandidates, 'places'>): number =>
  Math.max(...[...places.values()].map(({ length }) => length))

/** A plan prepares every configuration to know its cost: some milliseconds each. */
const MOST_CANDIDATES = 20_000

/** Keys that say what is asked of a configuration, not what it is. */
const ASKED = /^(traffic|slo|duration_s|warmup_s|seed|name|description|spillway)(\.|$)/

/** Replicas of a pool; those of a scaler are another key, `scaling.replicas`. */
const REPLICAS = /^pools\.(?!.*\.scaling\.)[^=]+\.replicas$/

/** Throws `Failure` where a dimension is no choice of a configuration, or there are too many. */
export function refuseDimensions(dimensions: readonly Dimension[]): void {
  const asked = dimensions.find(({ path }) => ASKED.test(path))
  if (asked !== undefined) {
    const values = shortened(`${asked.path}=${asked.values.join(',')}`)
    throw new Failure(
      `--set ${values}: a plan compares configurations at the same traffic and objectives; give one value`,
      EXIT.usage,
    )
  }
  const size = gridSize(dimensions)
  if (size <= MOST_CANDIDATES) return
  const [actual, most] = [size, MOST_CANDIDATES].map((n) => n.toLocaleString('en-US'))
  throw new Failure(
    `--set: ${actual} configurations, a plan takes at most ${most}; name fewer values`,
    EXIT.usage,
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
  { path, set: stated, seed }: ConfigurationBase,
  dimensions: readonly Dimension[],
  system: System,
  { unknown, signal, onProgress }: JobOptions & { readonly unknown: ConfigurationInputs },
): Promise<PlanCandidates> {
  const size = gridSize(dimensions)
  const drafts: Draft[] = []
  const invalid: { set: readonly string[]; problem: string }[] = []
  const same: (readonly string[])[] = []
  const hashes = new Set<string>()
  const inputs: Uncertain['inputs'][] = [unknownOf(system)?.inputs ?? []]
  for (let index = 0; index < size; index++) {
    if (index % 50 === 0) {
      onProgress?.('reading configurations', index, size)
      await pause(signal)
    }
    const set = gridPoint(dimensions, index)
    const all = [...stated, ...set]
    try {
      const loaded = await loadScenario(path, { set: all, seed })
      const { scenario, hash } = loaded
      if (hashes.has(hash)) {
        same.push(set)
        continue
      }
      const drawn = await unknown.of(loaded)
      inputs.push(drawn?.inputs ?? [])
      drafts.push({ set, scenario, hash, index })
      hashes.add(hash)
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      invalid.push({ set, problem: error.problems[0]! })
    }
  }
  if (drafts.length === 0) throw new Failure(firstOf(invalid))
  const common = commonInputs(inputs)
  if (common.inputs.length > MOST_INPUTS) {
    const text = `a plan takes at most ${MOST_INPUTS} inputs over all of its configurations`
    throw new Failure(`${system.file} uncertain: ${text}, got ${common.inputs.length}`)
  }
  const scenarios = [system.scenario, ...drafts.map(({ scenario }) => scenario)]
  const isPriced = ({ pools }: Scenario) => hourlyCost(pools) !== null
  const unit = scenarios.some(isPriced) ? 'usd_per_hour' : 'replicas'
  const isUnpriced = (scenario: Scenario) => unit === 'usd_per_hour' && !isPriced(scenario)
  const costOf = ({ pools }: Scenario) => costOfReplicas(pools, leastReplicas(pools), unit)
  const isScaled = ({ pools }: Scenario) => pools.some(({ scaling }) => scaling !== undefined)
  const along = dimensions.map(({ path: at }) => REPLICAS.test(at))
  const candidates = drafts.map(({ set, scenario, index }): PricedCandidate => {
    const values = set.map((text) => text.slice(text.indexOf('=') + 1))
    const unpriced = isUnpriced(scenario) && { unpriced: true }
    const shared = { set, index, cost: costOf(scenario), ...unpriced, capacityRps: null }
    // with a scaler, fewer replicas elsewhere may cost more and serve better: it stands alone
    if (isScaled(scenario))
      return { ...shared, scaled: true, family: JSON.stringify(set), replicas: [] }
    return {
      ...shared,
      family: JSON.stringify(set.filter((_, i) => !along[i])),
      replicas: values.flatMap((value, i) => (along[i] ? [Number(value)] : [])),
    }
  })
  const todayAt = drafts.findIndex(({ hash }) => hash === system.hash)
  const beside = { set: [], index: size, cost: costOf(system.scenario), family: '', replicas: [] }
  const ofToday = {
    ...(isScaled(system.scenario) && { scaled: true }),
    ...(isUnpriced(system.scenario) && { unpriced: true }),
    capacityRps: system.capacityRps,
  }
  const today = candidates[todayAt] ?? { ...beside, ...ofToday }
  const withoutPrice = new Set(scenarios.filter(isUnpriced).flatMap(partsWithoutPrice))
  const indices = [size, ...drafts.map(({ index }) => index)]
  const places = new Map(common.places.map((ofOne, i) => [indices[i]!, ofOne]))
  return {
    ...{ candidates, today, unit, invalid, same },
    withoutPrice: [...withoutPrice],
    inputs: common.inputs,
    places,
  }
}

/** "a10", "pool edge": cards of pools without a price, and such pools on this machine. */
function partsWithoutPrice({ pools }: Scenario): string[] {
  return pools.flatMap((pool) => {
    if (replicaPrice(pool) !== null) return []
    const { accelerator, pricing, name } = pool
    if (typeof accelerator === 'string') return [`pool ${name}`]
    return [pricing === undefined ? accelerator.name : `${accelerator.name} ${pricing}`]
  })
}

/** More problems add nothing: where no configuration is valid, most of them have the same cause. */
const MOST_PROBLEMS = 20

function firstOf(invalid: PlanCandidates['invalid']): string[] {
  const problems = [...new Set(invalid.map(({ problem }) => problem))]
  const left = problems.length - MOST_PROBLEMS
  return left > 0 ? [...problems.slice(0, MOST_PROBLEMS), `… and ${left} more`] : problems
}

/** What replicas of each pool cost. */
export function costOfReplicas(
  pools: Scenario['pools'],
  replicas: readonly number[],
  unit: PlanCandidates['unit'],
): number {
  const cost = unit === 'usd_per_hour' ? hourlyCost(pools, replicas) : null
  return cost ?? replicas.reduce((sum, count) => sum + count, 0)
}

/** Replicas of the default space, in times of today's. */
const MOST_TIMES = 4
/** The default space goes to twice today's batch, and to this at least. */
const LEAST_BATCH = 8
/** Windows of the default space, in times of today's. */
const WINDOWS = [0, 0.5, 1, 2]
const WINDOW_MS = 5

/**
 * The dimensions of a plan that names none: replicas from 1 to four times today's, the largest
 * batch in powers of two up to twice today's, and batch windows around today's. Where there are
 * several pools, only replicas, so that the space stays small. Pools that are scaled stay as they
 * are: they have no number of replicas.
 */
export function defaultSpace({ pools: all }: Scenario): Dimension[] {
  const pools = all.filter(({ scaling }) => scaling === undefined)
  const replicas = pools.map(({ name, replicas: today }) => ({
    path: `pools.${name}.replicas`,
    values: wholeNumbers(1, Math.min(1024, MOST_TIMES * today)),
  }))
  const [only, ...others] = pools
  if (only === undefined || others.length > 0 || all.length > 1) return replicas
  return [...replicas, ...batchDimensions(only)]
}

function batchDimensions({ name, batching }: Pool): Dimension[] {
  const at = `pools.${name}.batching`
  const dimensions: Dimension[] = []
  if ('max_batch' in batching) {
    const most = Math.max(LEAST_BATCH, 2 * batching.max_batch)
    const powers = Array.from({ length: Math.floor(Math.log2(most)) + 1 }, (_, i) => 2 ** i)
    const values = [...new Set([...powers, batching.max_batch])].sort((a, b) => a - b)
    dimensions.push({ path: `${at}.max_batch`, values: values.map(String) })
  }
  if ('max_delay_ms' in batching) {
    const today = batching.max_delay_ms
    const scale = today > 0 ? today : WINDOW_MS
    const values = WINDOWS.map((times) => String(Number((times * scale).toPrecision(6))))
    dimensions.push({ path: `${at}.max_delay_ms`, values })
  }
  return dimensions
}

const wholeNumbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => String(from + i))
