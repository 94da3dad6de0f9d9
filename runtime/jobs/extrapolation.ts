import type { Scenario } from '../../scenarios/index.ts'
import { declaredOf, fittedOf, serviceError } from '../../sim/experiment/index.ts'
import { largestBatch, type PoolPlan, topologyOf } from '../../sim/serving/index.ts'
import { isMeasured, type ModelProfile, measuredTable } from '../../sim/world/index.ts'
import type { System } from './prepare.ts'

type ExtrapolatedSystem = Pick<System, 'plan' | 'lengths' | 'models'> & {
  readonly scenario: Scenario
}

/**
 * A warning for each pool whose batches or lengths may lie beyond those that its model was measured
 * at. Beyond a table the last slope goes on, and beyond a fit its formula, which nothing has shown.
 */
export function extrapolationWarnings(system: ExtrapolatedSystem): string[] {
  const { scenario } = system
  return scenario.pools.flatMap(({ name, model }, i) => {
    const beyond = [...beyondTable(system, i), ...beyondFit(system, i)]
    const what = beyond.join(' and ')
    return [
      ...(beyond.length > 0
        ? [`pool ${name}: times of ${model} are extrapolated for ${what}${errorText(system, i)}`]
        : []),
      ...replicaWarnings([scenario.pools[i]!], [system.models[i] ?? null]),
    ]
  })
}

/**
 * A warning for each pool with several replicas of a decoder of which a single one was measured.
 * `models`: one for each pool; null where nothing was calibrated.
 */
export function replicaWarnings(
  pools: readonly Pick<Scenario['pools'][number], 'name' | 'model' | 'replicas'>[],
  models: readonly (ModelProfile | null)[],
): string[] {
  return pools.flatMap(({ name, model, replicas }, i) => {
    const measured = models[i]
    if (replicas === 1 || !measured || !isOfOneReplica(measured)) return []
    const unknown = `steps of ${model} were measured with one replica, so how ${replicas} replicas slow each other down is unknown`
    return [`pool ${name}: ${unknown}; calibrate with --rehearsals, or use spillway run`]
  })
}

/** Whether steps of several replicas at once were never measured, neither by rehearsals. */
export const isOfOneReplica = ({ steps, fields }: ModelProfile) =>
  steps !== undefined && fields.every(({ executors }) => executors.length === 1)

/** The error of a fit, which holds for what it was fitted to. */
function errorText(system: ExtrapolatedSystem, i: number): string {
  const error = serviceError(system, i)
  if (error?.of !== 'fit') return ''
  return `; the error of ${percent(error.median)} % that the fit states is for the fitted ones`
}

const percent = (share: number) => Number((100 * share).toPrecision(2))

function beyondTable({ scenario, plan, lengths, models }: ExtrapolatedSystem, i: number): string[] {
  const declared = declaredOf(scenario, i)
  if (declared !== null && !isMeasured(declared)) return []
  const table = declared === null ? models[i]?.work : measuredTable(declared)
  if (table === undefined) return []
  const [size, length] = [table.sizes.at(-1)!, table.lengths.at(-1)!]
  const pool = plan.pools[i]!
  const most = { batch: largestBatch(pool), length: lengths[i]!.max }
  const [what, members] = pool.generation ? ['steps', 'sequences'] : ['batches', 'requests']
  return [
    ...(most.batch > size
      ? [`${what} of up to ${most.batch} ${members} (measured: ${Number(size.toFixed(1))})`]
      : []),
    ...(declared?.law === 'length-table' && most.length > length
      ? [`lengths of up to ${most.length} (measured: ${length})`]
      : []),
  ]
}

type Range = readonly [low: number, high: number]

/** What of a pool is outside the measurements that its model was fitted to. */
function beyondFit({ scenario, plan, lengths }: ExtrapolatedSystem, i: number): string[] {
  const work = declaredOf(scenario, i)
  const fitted = work === null ? undefined : fittedOf(work)
  if (work === null || fitted === undefined) return []
  const pool = plan.pools[i]!
  const { min, max } = lengths[i]!
  const batch: Range = [1, largestBatch(pool)]
  if (pool.generation === null || pool.generation === undefined) {
    return [
      ...beyond('batches', batch, fitted.batch, 'requests'),
      ...beyond('lengths', [min, max], fitted.length, 'tokens'),
    ]
  }
  const { decodePools, entryPools } = topologyOf(plan)
  const decodes = decodePools[i] === null
  const prefills = entryPools.includes(i)
  const context: Range = [min, max + longestAnswer(scenario)]
  // `spillway fit` states all that it was given, people may state what they know
  const judged = (range: Range | undefined) => range !== undefined || work.law !== 'generation'
  const { batch: steps, length, prefill_tokens: prefill } = fitted
  return [
    ...(decodes && judged(steps) ? beyond('steps', batch, steps, 'sequences') : []),
    ...(decodes && judged(length) ? beyond('contexts', context, length, 'tokens') : []),
    ...(prefills && judged(prefill)
      ? beyond('prefill', prefillOf(pool, max), prefill, 'tokens')
      : []),
  ]
}

/** "batches of 1 to 64 requests (fitted: 1 to 32)", where the first range leaves the second. */
function beyond(what: string, range: Range, fitted: Range | undefined, unit: string): string[] {
  const text = ([low, high]: Range) => (low === high ? `${low}` : `${low} to ${high}`)
  if (fitted === undefined) return [`${what} of ${text(range)} ${unit} (fitted: none)`]
  if (range[0] >= fitted[0] && range[1] <= fitted[1]) return []
  return [`${what} of ${text(range)} ${unit} (fitted: ${text(fitted)})`]
}

/**
 * The most tokens of prompts in a step: as many as the budget or the places allow. Few of them only
 * add to the time of the sequences that decode, so the low end is not judged.
 */
function prefillOf({ generation }: PoolPlan, longest: number): Range {
  const { tokenBudget, maxSequences } = generation!
  const most = Math.min(Math.max(tokenBudget, longest), maxSequences * longest)
  return [most, most]
}

/** The most declared output tokens of a request; answers of a trace are not known here. */
function longestAnswer({ traffic }: Scenario): number {
  return Math.max(
    0,
    ...traffic.map(({ output_tokens: tokens }) => {
      switch (tokens?.distribution) {
        case 'fixed':
          return tokens.value
        case 'uniform':
        case 'lognormal':
          return tokens.max
        case 'quantiles':
          return tokens.quantiles.at(-1)![1]
        default:
          return 0
      }
    }),
  )
}
