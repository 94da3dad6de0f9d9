import { Failure, MOST_INPUTS } from '../../../scenarios/index.ts'
import {
  commonInputs,
  type Drawn,
  type DrawnVariant,
  overallFigures,
  variantsWithInputs,
} from '../../../sim/experiment/index.ts'
import type { JobOptions } from '../options.ts'
import { type System, unknownOf } from '../prepare.ts'
import { DRAWN_REPLICATIONS, withDraws } from '../uncertainty.ts'
import type { NamedSystem } from './load-variants.ts'

/** Draws of the inputs of all variants: as many as decide the winner of a plan. */
const MOST_DRAWS = 64

/** A variant as it was simulated at the stated values of its inputs. */
export interface SimulatedVariant extends Omit<DrawnVariant, 'drawn'> {
  /** at the capacity that loads are shares of */
  readonly system: System
}

/** Throws `Failure` where variants have more uncertain inputs together than can be drawn. */
export function refuseManyInputs(named: readonly NamedSystem[]): void {
  const { inputs } = commonInputs(named.map(({ system }) => system.uncertain?.inputs ?? []))
  if (inputs.length <= MOST_INPUTS) return
  const { file } = named[0]!.system
  const text = `all variants together have ${inputs.length} different uncertain inputs`
  throw new Failure(`${file}: ${text}, at most ${MOST_INPUTS}; compare fewer variants at once`)
}

/**
 * Draws what is not known of the inputs of variants, with the same draws for inputs that they
 * share. Null where nothing is uncertain.
 */
export async function widerVariants(
  simulated: readonly SimulatedVariant[],
  options: JobOptions & { readonly workers?: number | undefined },
): Promise<ReturnType<typeof variantsWithInputs> | null> {
  const systems = simulated.flatMap(({ name, system }) => {
    const uncertain = unknownOf(system)
    const label = `${system.file}: variant ${name}`
    return uncertain === null ? [] : [{ system, uncertain, label }]
  })
  if (systems.length === 0) return null
  const replications = Math.min(DRAWN_REPLICATIONS, simulated[0]!.runs.length)
  const judge = (drawn: readonly Drawn[]) => {
    const draws = drawn[0]!.runs.length
    const left = [...drawn]
    const drawnOf = (variant: SimulatedVariant) =>
      unknownOf(variant.system) === null
        ? allAlike(variant, { draws, replications })
        : left.shift()!
    return variantsWithInputs(simulated.map((variant) => ({ ...variant, drawn: drawnOf(variant) })))
  }
  const asked = { mostDraws: MOST_DRAWS, replications, overall: true as const }
  return withDraws(systems, judge, { ...options, ...asked })
}

/** Draws of a variant whose inputs are all known. */
function allAlike(
  { system: { scenario }, row: { capacity_rps: capacityRps }, runs: all }: SimulatedVariant,
  { draws, replications }: { readonly draws: number; readonly replications: number },
): Drawn {
  const runs = all.slice(0, replications).map((run) => overallFigures(scenario, run))
  const nominal = { scenario, capacityRps, runs }
  const alike = <T>(value: T) => Array.from({ length: draws }, () => value)
  return { inputs: [], values: alike([]), nominal, runs: alike(nominal) }
}
