import { EXIT, Failure } from '../../../scenarios/failure.ts'
import {
  MOST_INPUTS,
  type UncertainInput,
  type UncertaintySource,
} from '../../../scenarios/schema/uncertain.ts'
import { type ProfiledSystem, profileInputs, type SourceInputs } from './profile-inputs.ts'

/** What a scenario states of its inputs. */
interface Uncertain {
  readonly inputs: readonly UncertainInput[]
  readonly sources: readonly UncertaintySource[]
}

/** A resolved system with what its scenario states. */
interface UncertainSystem extends ProfiledSystem {
  readonly file: string
  readonly uncertain?: Uncertain
}

type InputsOf = (system: ProfiledSystem, stated: readonly UncertainInput[]) => SourceInputs

const SOURCES: Readonly<Record<UncertaintySource, InputsOf>> = { profile: profileInputs }

/**
 * All inputs of a system that are not known: those that its scenario states, and those of the
 * sources that it names. Throws `Failure` where they are too many.
 */
export function uncertainInputsOf(system: UncertainSystem): SourceInputs {
  const { uncertain, file } = system
  if (uncertain === undefined) return { inputs: [], warnings: [] }
  const { inputs: stated, sources } = uncertain
  const brought = sources.map((source) => SOURCES[source](system, stated))
  const inputs = [...stated, ...brought.flatMap((of) => of.inputs)]
  if (inputs.length > MOST_INPUTS) {
    const text = `expected at most ${MOST_INPUTS} uncertain inputs, got ${inputs.length}, with those of ${sources.join(', ')}`
    throw new Failure(`${file}: ${text}`, EXIT.invalidInput)
  }
  return { inputs, warnings: [...brought.flatMap((of) => of.warnings), ...leftOut(system, uncertain)] }
}

/** What a profile shows of its speeds, where the scenario neither states nor draws it. */
function leftOut(system: UncertainSystem, uncertain: Uncertain): string[] {
  if (uncertain.sources.includes('profile')) return []
  const { inputs } = profileInputs(system, uncertain.inputs)
  if (inputs.every(({ measured }) => measured?.part !== 'speed')) return []
  return [
    'the profile shows how much its speeds differ between occasions, and they are taken as exact; to draw them, add to uncertain: sources: [profile]',
  ]
}
