import { scenarioValues } from '../../../scenarios/schema/scenario-values.ts'
import type { Scenario } from '../../../scenarios/schema/schema.ts'
import { isAccelerated } from '../../../scenarios/schema/takes-length.ts'
import type { Result } from '../../documents/index.ts'
import { exp } from '../../kernel/index.ts'
import { largestBatch } from '../../serving/index.ts'
import { isMeasured, type ModelProfile } from '../../world/index.ts'
import { poolHardware } from '../simulation/hardware.ts'
import type { PreparedScenario } from '../system/prepared-scenario.ts'
import type { Resolved } from '../system/resolve.ts'
import { declaredOf, fittedOf, type Transfer, transferOf } from '../transfer/transfer.ts'
import { occasionsOf, speedHalfWidth } from '../uncertainty/profile-width.ts'
import { serviceError } from './service-error.ts'
import { statedResidual } from './stated-residual.ts'

type Assumptions = Result['assumptions']
type BatchTimes = Assumptions['batch_times'][number]
type AssumedSystem = Pick<PreparedScenario, 'scenario'> &
  Pick<Resolved, 'plan' | 'models' | 'lengths'>

/** Points of a curve: enough to show where a table bends. */
const MOST_SIZES = 16

/** What a result rests on. */
export function assumptionsOf(system: AssumedSystem): Assumptions {
  return {
    values: scenarioValues(system.scenario).map(({ path, text, byDefault }) => ({
      path,
      value: text,
      by_default: byDefault,
    })),
    // what a server does with the answers that it streams is not assumed
    batch_times: system.plan.pools.flatMap(({ streams }, i) =>
      streams === true ? [] : [batchTimes(system, i)],
    ),
  }
}

function batchTimes({ scenario, plan, models, lengths }: AssumedSystem, i: number): BatchTimes {
  const { name } = scenario.pools[i]!
  const { steps, work } = poolHardware({ scenario, models })[i]!
  const pool = plan.pools[i]!
  const sizes = spread(steps === null ? largestBatch(pool) : pool.generation!.maxSequences)
  const mean =
    steps === null
      ? work.mean
      : (size: number, length: number) =>
          steps.stepMs({ decodes: size, prefills: 0, prefillTokens: 0, context: size * length })
  const curves = someLengths(lengths[i]!).map((length) => ({
    length,
    ms: sizes.map((size) => mean(size, length)),
  }))
  const alike = curves.every(({ ms }) => ms.every((value, j) => value === curves[0]!.ms[j]))
  const shown = alike ? [{ ...curves[0]!, length: null }] : curves
  const error = serviceError({ scenario, models }, i)
  const residual = statedResidual(scenario, i)
  const transfer = transferOf(scenario, i)
  return {
    pool: name,
    steps: steps !== null,
    basis: basisOf(scenario, i),
    ...(transfer !== null && { transferred: transferred(transfer) }),
    sizes,
    curves: shown,
    error,
    ...speedOf(models[i] ?? null),
    ...(residual !== null && { residual }),
  }
}

/** How far the speed of a calibrated model may be off; nothing where that is not known. */
function speedOf(model: ModelProfile | null): Pick<BatchTimes, 'speed'> {
  const half = model && speedHalfWidth(model)
  if (model === null || half === null) return {}
  return { speed: { width: exp(half) - 1, occasions: occasionsOf(model).occasions } }
}

function basisOf(scenario: Scenario, i: number): NonNullable<BatchTimes['basis']> {
  const work = declaredOf(scenario, i)
  if (work === null) return 'profile'
  if (transferOf(scenario, i) !== null) return 'transferred'
  if (isMeasured(work)) return 'table'
  if (fittedOf(work) !== undefined) return 'fit'
  return isAccelerated(work) && work.efficiency === undefined ? 'usual' : 'declared'
}

function transferred({ fittedOn, usedOn, width }: Transfer): BatchTimes['transferred'] {
  const { low = null, high = null } = width ?? {}
  return { fitted_on: fittedOn, used_on: usedOn, low, high }
}

/** Whole numbers from 1 to `most`, all of them or some in even steps. */
function spread(most: number): number[] {
  const count = Math.min(most, MOST_SIZES)
  const sizes = Array.from({ length: count }, (_, i) =>
    Math.round(1 + (i * (most - 1)) / Math.max(1, count - 1)),
  )
  return [...new Set(sizes)]
}

/** The shortest length, the longest, and their geometric mean. */
function someLengths({ min, max }: { readonly min: number; readonly max: number }): number[] {
  return [...new Set([min, Math.round(Math.sqrt(min * max)), max])]
}
