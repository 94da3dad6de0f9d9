import { Failure, MOST_INPUTS } from '../../../scenarios/index.ts'
import {
  commonInputs,
  type Drawn,
  type DrawnRuns,
  type DrawnVariant,
  overallFigures,
  variantsWithInputs,
} from '../../../sim/experiment/index.ts'
import type { JobOptions } from '../options.ts'
import { type System, unknownOf } from '../prepare.ts'
import {
  DRAWN_REPLICATIONS,
  type KnownSystem,
  type UncertainSystem,
  withDraws,
} from '../uncertainty.ts'
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
  if (simulated.every(({ system }) => unknownOf(system) === null)) return null
  const replications = Math.min(DRAWN_REPLICATIONS, simulated[0]!.runs.length)
  const systems = simulated.map((variant): UncertainSystem | KnownSystem => {
    const { name, system } = variant
    const uncertain = unknownOf(system)
    if (uncertain === null) return { known: statedRuns(variant, replications) }
    return { system, uncertain, label: `${system.file}: variant ${name}` }
  })
  const judge = (drawn: readonly Drawn[]) =>
    variantsWithInputs(simulated.map((variant, i) => ({ ...variant, drawn: drawn[i]! })))
  const asked = { mostDraws: MOST_DRAWS, replications, overall: true as const }
  return withDraws(systems, judge, { ...options, ...asked })
}

/** The first replications of a variant whose inputs are all known. */
function statedRuns(
  { system: { scenario }, row: { capacity_rps: capacityRps }, runs }: SimulatedVariant,
  replications: number,
): DrawnRuns {
  const first = runs.slice(0, replications).map((run) => overallFigures(scenario, run))
  return { scenario, capacityRps, runs: first }
}
