import type { BaselineEntry, GateCase } from '../../../sim/documents/index.ts'
import {
  type DrawnRuns,
  type DrawnSide,
  type GateDraws,
  notComparable,
  type PairedInputs,
  pairedInputs,
  runFigures,
} from '../../../sim/experiment/index.ts'
import { MOST_DIMENSIONS } from '../../../sim/stats/index.ts'
import { profileLabel } from '../../folders/profile-file.ts'
import type { JobOptions } from '../options.ts'
import { type System, unknownOf } from '../prepare.ts'
import { SimulationPool } from '../simulations/simulation-pool.ts'
import { sentSystem } from '../simulations/system-runs.ts'
import {
  DRAWN_REPLICATIONS,
  type KnownSystem,
  type UncertainSystem,
  withDraws,
} from '../uncertainty.ts'

/** Both sides of a gate are drawn, and changes have less scatter than figures. */
const MOST_DRAWS = 64

/** A side of a prediction gate as it was simulated. */
export interface SimulatedSide extends Pick<DrawnSide, 'objectives'> {
  readonly entry: BaselineEntry
  /** a head has the objectives of its base, and its loads are shares of the base's capacity */
  readonly system: System
}

/** What is compared. */
export interface BothSides {
  readonly base: SimulatedSide
  readonly head: SimulatedSide
  /** the base, for people */
  readonly from: string
}

interface DrawOptions extends JobOptions {
  readonly workers?: number | undefined
}

/**
 * A case by draws of the inputs that are not known on either side: 32 of them, and twice as many
 * until the ends of all changes hardly move. `judge`: the case by some draws.
 */
export async function caseOverDraws(
  { base, head, from }: BothSides,
  judge: (draws: GateDraws) => GateCase,
  options: DrawOptions,
): Promise<GateCase> {
  const paired = pairedInputs(inputsOf(base), inputsOf(head))
  const count = paired.inputs.length
  if (count > MOST_DIMENSIONS) {
    const text = `base and head have ${count} uncertain inputs together`
    return notComparable(head.entry, from, `${text}; at most ${MOST_DIMENSIONS} can be drawn`)
  }
  const { file } = head.system
  const replications = Math.min(DRAWN_REPLICATIONS, head.entry.replications)
  const onProgress: JobOptions['onProgress'] = (phase, done, of) =>
    options.onProgress?.(`${phase} of ${file}`, done, of)
  const sides = isSameSystem(base.system, head.system) ? [head] : [head, base]
  const systems: (UncertainSystem | KnownSystem)[] = []
  for (const side of sides) {
    const { system } = side
    const uncertain = unknownOf(system)
    const label = side === head ? file : `${file} in the base`
    if (uncertain !== null) systems.push({ system, uncertain, slo: system.scenario.slo, label })
    else systems.push({ known: await statedRuns(system, { ...options, replications }) })
  }
  const { gateCase } = await withDraws(
    systems,
    ([ofHead, ofBase = ofHead]) => {
      const judged = judge({
        paired,
        values: jointValues(paired, ofBase!.values, ofHead!.values),
        base: { ...ofBase!, objectives: base.objectives },
        head: { ...ofHead!, objectives: head.objectives },
      })
      return { gateCase: judged, settled: judged.uncertain?.settled !== false }
    },
    { ...options, onProgress, replications, mostDraws: MOST_DRAWS },
  )
  return gateCase
}

const inputsOf = ({ system: { uncertain } }: SimulatedSide) => uncertain?.inputs ?? []

/** Whether both are the same here, data files too: their figures may be of two versions. */
function isSameSystem(base: System, head: System): boolean {
  const hashOf = ({ profile }: System) => profile && profileLabel(profile).hash
  const isSameScenario = base.hash === head.hash && base.directory === head.directory
  return isSameScenario && hashOf(base) === hashOf(head)
}

type Values = readonly (readonly number[])[]

/** Of each draw, the values of all inputs of both sides. */
function jointValues(paired: PairedInputs, base: Values, head: Values): number[][] {
  return head.map((ofHead, draw) =>
    paired.inputs.map((_, i) => {
      const at = paired.head.indexOf(i)
      return at >= 0 ? ofHead[at]! : base[draw]![paired.base.indexOf(i)]!
    }),
  )
}

/** Replications of a system whose inputs are all known, with the seeds of draws. */
async function statedRuns(
  system: System,
  { replications, workers, signal }: DrawOptions & { readonly replications: number },
): Promise<DrawnRuns> {
  const { scenario, capacityRps } = system
  const pool = new SimulationPool({ workers, signal })
  try {
    const sent = sentSystem({ ...system, requests: null }, system)
    const numbers = Array.from({ length: replications }, (_, replication) => replication)
    const runs = await Promise.all(numbers.map((number) => pool.replication(sent, number)))
    return { scenario, capacityRps, runs: runs.map((run) => runFigures(scenario, run)) }
  } finally {
    pool.close()
  }
}
