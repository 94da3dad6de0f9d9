import * as z from 'zod'
import {
  type Plan,
  planSchema,
  type ReplicaUse,
  type Result,
  replicaUse,
  resultSchema,
} from '../../../sim/documents/index.ts'
import {
  objectivesWithUncertainty,
  type RunFigures,
  resolveSystem,
  withDeclaredSpeed,
  withLengths,
  withMeasuredSpeed,
  withTraffic,
} from '../../../sim/experiment/index.ts'
import type { Profile } from '../../../sim/world/index.ts'
import { headroom, type Keep } from '../headroom.ts'
import type { JobOptions } from '../options.ts'
import { loadSystem, prepare, type System } from '../prepare.ts'
import { simulate } from '../simulate.ts'
import type { PlanJournal } from './plan-journal.ts'

/** The configuration that a plan has chosen. */
export interface Winner {
  readonly path: string
  /** all overrides of the configuration */
  readonly set: readonly string[]
  readonly seed: number | undefined
  readonly profile: Profile | string | undefined
  /** requests/s that `load` in the traffic is a share of */
  readonly loadOfRps: number | null
  /** index of its binding objective */
  readonly binding: number
  /** its first runs, and those of draws with the same seeds; null where all inputs are known */
  readonly drawn: {
    readonly stated: readonly RunFigures[]
    readonly draws: readonly (readonly RunFigures[])[]
  } | null
}

type Running = JobOptions & { readonly workers?: number | undefined }

/** What is asked of the winner: each takes many simulations. */
interface Asked {
  readonly headroom: boolean
  readonly sensitivity: boolean
}

/** What the first simulation of the winner shows. */
const atTraffic = z.strictObject({
  objectives: resultSchema.shape.objectives,
  /** replications */
  runs: z.int().min(1),
  use: planSchema.shape.replica_use.unwrap(),
  peakRps: z.number().nullable(),
})
type AtTraffic = z.infer<typeof atTraffic>

/** Of a headroom below 3, at its traffic: two or three to find one that breaks, four between. */
const HEADROOM_SIMULATIONS = 8

/** Simulations of the winner, in such of its traffic. */
export const simulationsOf = ({ headroom, sensitivity }: Asked): number =>
  1 + (headroom ? HEADROOM_SIMULATIONS : 0) + (sensitivity ? 2 * Object.keys(CAUSES).length : 0)

/** The winner at the traffic of the plan. */
export async function winnerSystem(winner: Winner, signal?: AbortSignal): Promise<System> {
  const { path, set, seed, profile, loadOfRps } = winner
  return { ...(await loadSystem(path, { set, profile, seed, signal })), capacityRps: loadOfRps }
}

/** How much more traffic the winner takes, and what moves its binding objective. */
export async function winnerFigures(
  winner: Winner,
  options: Running & Asked & { readonly journal: PlanJournal },
): Promise<{
  readonly headroom: Result['headroom']
  readonly sensitivity: Plan['sensitivity']
  readonly use: ReplicaUse[]
  readonly peakRps: number | null
  /** objectives by the wider interval; null where all inputs are known */
  readonly withInputs: Result['objectives'] | null
}> {
  const system = await winnerSystem(winner, options.signal)
  const { workers, signal, journal } = options
  const named = (what: string) => `${system.hash} ${what}`
  const { objectives, runs, use, peakRps } = await journal.figures(
    named('traffic'),
    atTraffic,
    async (): Promise<AtTraffic> => {
      const result = await simulate(system, { workers, signal })
      const { objectives, runs } = result
      return { objectives, runs, use: replicaUse(result), peakRps: peakRate(result) }
    },
  )
  const keep: Keep = (what, find) =>
    journal.figures(named(what), resultSchema.shape.objectives, find)
  // at the stated inputs: the wider interval would need draws of them at each traffic;
  // rates that cannot be multiplied have no headroom, and the plan stands without it
  const scalable = withTraffic(system.scenario, 1) !== null
  return {
    headroom:
      options.headroom && scalable
        ? await headroom(system, objectives, { ...options, keep })
        : null,
    sensitivity: options.sensitivity
      ? await sensitivityOf(system, winner, { ...options, keep })
      : [],
    use,
    peakRps,
    withInputs: winner.drawn && withInputs({ objectives, runs }, winner.drawn),
  }
}

function withInputs(
  result: Pick<Result, 'objectives' | 'runs'>,
  { stated, draws }: NonNullable<Winner['drawn']>,
): Result['objectives'] {
  const seeds = draws[0]!.length
  const nominal = { runs: stated.slice(0, seeds) }
  return objectivesWithUncertainty(result, { nominal, runs: draws.map((runs) => ({ runs })) })
}

/** A change of this size is within what a forecast or a profile may be off. */
const CHANGE = 0.1

type Changed = (
  system: System,
  factor: number,
  signal: AbortSignal | undefined,
) => System | null | Promise<System | null>

/** Each cause with the system at `factor` times of it; null where it does not apply. */
const CAUSES: Readonly<Record<Plan['sensitivity'][number]['what'], Changed>> = {
  rate: (system, factor) => withScenario(system, withTraffic(system.scenario, factor)),
  lengths: async (system, factor, signal) => {
    const scenario = withLengths(system.scenario, factor)
    if (scenario === null) return null
    // traces are scaled as they are read
    const { traces } = await prepare({ ...system, scenario }, { signal })
    return withScenario({ ...system, traces }, scenario)
  },
  speed: (system, factor) => {
    const profile = system.profile && withMeasuredSpeed(system.profile, factor)
    return withScenario(system, withDeclaredSpeed(system.scenario, factor), profile)
  },
}

async function sensitivityOf(
  system: System,
  { binding }: Winner,
  { workers, signal, onProgress, keep }: Running & { readonly keep: Keep },
): Promise<Plan['sensitivity']> {
  const rows: Plan['sensitivity'] = []
  const causes = Object.entries(CAUSES) as [Plan['sensitivity'][number]['what'], Changed][]
  for (const [i, [what, changed]] of causes.entries()) {
    onProgress?.('trying changes of the winner', i, causes.length)
    const sides = await Promise.all(
      [1 - CHANGE, 1 + CHANGE].map((factor) => changed(system, factor, signal)),
    )
    if (sides.includes(null)) continue
    const estimateOf = async (side: System, text: string) => {
      const found = async () => (await simulate(side, { workers, signal })).objectives
      const objectives = await keep(`${text} ${what}`, found)
      return objectives[binding]!.estimate
    }
    const less = await estimateOf(sides[0]!, 'less')
    const more = await estimateOf(sides[1]!, 'more')
    rows.push({ what, change: CHANGE, less, more })
  }
  return rows
}

/** The system with another scenario, at the same meaning of `load`. */
function withScenario(
  system: System,
  scenario: System['scenario'] | null,
  profile = system.profile,
): System | null {
  if (scenario === null) return null
  const { capacityRps } = system
  return { ...resolveSystem({ ...system, scenario }, profile), capacityRps }
}

/** A peak is another figure than the mean where it is this much higher. */
const APART = 0.05
/** The largest of 120 intervals is rarely more standard deviations above their mean. */
const BY_CHANCE = 4

/**
 * The highest rate of arrivals in an interval after the warm-up, requests/s; null where that is the
 * mean, but for chance.
 */
export function peakRate({
  series: { arrived_rps: rates, bucket_s },
  warmup_s,
  runs,
}: Pick<Result, 'warmup_s' | 'runs'> & {
  readonly series: Pick<Result['series'], 'arrived_rps' | 'bucket_s'>
}): number | null {
  const counted = rates.slice(Math.ceil(warmup_s / bucket_s))
  const mean = counted.reduce((sum, rate) => sum + rate, 0) / counted.length
  const peak = Math.max(...counted)
  const scatter = BY_CHANCE / Math.sqrt(mean * bucket_s * runs)
  return peak > mean * (1 + APART + scatter) ? peak : null
}
