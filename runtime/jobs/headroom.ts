import { Failure, parseObjective } from '../../scenarios/index.ts'
import type { Result } from '../../sim/documents/index.ts'
import { resolveSystem, verdictOf, withTraffic } from '../../sim/experiment/index.ts'
import type { System } from './prepare.ts'
import { type SimulateOptions, simulate } from './simulate.ts'
import { withUncertainInputs } from './uncertainty.ts'

export type Headroom = NonNullable<Result['headroom']>

/** No answer beyond this many times the traffic, or below the inverse. */
const MOST = 16
const STEP = 1.5
/** The search ends where traffic that passes and traffic that does not are this close. */
const CLOSE = 1.03
/** Draws of uncertain inputs at each traffic that is tried. */
const MOST_DRAWS = 64

type Objectives = Result['objectives']

/** The objectives of a simulation as they are kept by its name, or else as they are found. */
export type Keep = (name: string, find: () => Promise<Objectives>) => Promise<Objectives>

interface HeadroomOptions extends SimulateOptions {
  /** by default nothing is kept */
  readonly keep?: Keep
}

type Tried = { readonly factor: number; readonly broken: string | null }

/**
 * How much traffic passes every objective: the traffic of all classes is multiplied until one does
 * not pass, and the factor in between is searched. More traffic is taken to be no better. Where the
 * objectives have wider intervals, these decide.
 */
export async function headroom(
  system: System,
  objectives: Objectives,
  { keep = (_, find) => find(), ...options }: HeadroomOptions,
): Promise<Headroom> {
  if (objectives.length === 0) {
    throw new Failure(`${system.file}: headroom needs an objective: state one under slo`)
  }
  const isWide = objectives.some(({ with_inputs }) => with_inputs !== undefined)
  const onProgress = (_: string, done: number, of: number) =>
    options.onProgress?.('searching the headroom', done, of)
  const at = async (factor: number): Promise<Tried> => {
    const more = atTraffic(system, factor)
    const find = async () => {
      const simulated = await simulate(more, { ...options, onProgress })
      if (!isWide) return simulated.objectives
      const further = { ...options, onProgress, mostDraws: MOST_DRAWS, traffic: factor }
      return (await withUncertainInputs(more, simulated, further)).objectives
    }
    return tried(factor, await keep(`headroom ${factor}`, find))
  }
  const first = tried(1, objectives)
  const up = first.broken === null
  let [holds, breaks]: [Tried | null, Tried | null] = up ? [first, null] : [null, first]
  for (let f = up ? STEP : 1 / STEP; f <= MOST && f >= 1 / MOST; f *= up ? STEP : 1 / STEP) {
    const next = await at(f)
    if (next.broken === null) holds = next
    else breaks = next
    if (holds && breaks) break
  }
  while (holds && breaks && breaks.factor / holds.factor > CLOSE) {
    const next = await at(Math.sqrt(holds.factor * breaks.factor))
    if (next.broken === null) holds = next
    else breaks = next
  }
  return {
    holds: holds?.factor ?? null,
    breaks: breaks?.factor ?? null,
    objective: breaks?.broken ?? null,
    ...(isWide && { interval: 'inputs' as const }),
  }
}

/** The system at a multiple of its traffic; `load` stays a share of the same capacity. */
export function atTraffic(system: System, factor: number): System {
  const scenario = withTraffic(system.scenario, factor)
  if (scenario === null) throw new Failure(`${system.file}: ${FIXED_RATES}`)
  const resolved = resolveSystem({ ...system, scenario }, system.profile)
  return { ...resolved, capacityRps: system.capacityRps }
}

const FIXED_RATES =
  'headroom needs rates that can be multiplied: a servegen class needs rate_rps or load'

/** By the interval alone: other traffic has other numbers of requests, which are no headroom. */
function tried(factor: number, objectives: Objectives): Tried {
  const broken = objectives.find(
    ({ text, estimate, with_inputs: wide }) =>
      verdictOf(parseObjective(text)!, { ...estimate, ...(wide && endsOf(wide)) }) !== 'PASS',
  )
  return { factor, broken: broken ? `${broken.class}: ${broken.text}` : null }
}

/** Ends of a wider interval; a missing upper one is infinite. */
const endsOf = ({ low, high }: { readonly low: number | null; readonly high: number | null }) => ({
  low,
  high: high ?? Number.POSITIVE_INFINITY,
})
