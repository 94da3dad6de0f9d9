import { EXIT, Failure } from '../../../scenarios/failure.ts'
import type { Scenario } from '../../../scenarios/schema/schema.ts'
import { MOST_INPUTS } from '../../../scenarios/schema/uncertain.ts'
import type { ModelProfile } from '../../world/index.ts'
import { profileInputs, type UncertainScenario } from './profile-inputs.ts'
import { sourceInputs } from './source-inputs.ts'

/** A scenario with what is known of its inputs. */
interface MaybeUncertain<Known extends UncertainScenario> {
  readonly scenario: Scenario
  /** names the scenario in messages */
  readonly file: string
  readonly uncertain?: Known
}

/**
 * The uncertain inputs of a scenario with those of the sources of its times, where it includes
 * these: fits, transfers, the catalogue, benchmarks and the profile. `models`: of each pool in the
 * profile; null where its work is declared. Those that were added before, such as for another
 * profile, are replaced. Throws `Failure` where there are more than can be drawn.
 */
export function withSourceInputs<Known extends UncertainScenario>(
  { scenario, file, uncertain }: MaybeUncertain<Known>,
  models: readonly (ModelProfile | null)[],
): { readonly uncertain?: Known } {
  if (uncertain?.withSources !== true) return {}
  const stated = uncertain.inputs.filter(({ source }) => source === undefined)
  const declared = [...stated, ...sourceInputs(scenario, stated)]
  const inputs = [...declared, ...profileInputs({ scenario, models }, declared)]
  if (inputs.length > MOST_INPUTS) {
    const text = `expected at most ${MOST_INPUTS} inputs, got ${inputs.length} with those of sources`
    throw new Failure(`${file}: uncertain.sources: ${text}`, EXIT.invalidInput)
  }
  return { uncertain: { ...uncertain, inputs } }
}
