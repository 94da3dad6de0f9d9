import { parseObjective } from '../../../scenarios/schema/objective.ts'
import type { Scenario } from '../../../scenarios/schema/schema.ts'
import type { Result } from '../../documents/index.ts'
import { significant } from '../../kernel/index.ts'
import type { Extrapolated } from '../figures/extrapolation.ts'
import { type Doubt, doubtText } from './doubt.ts'
import { extrapolationDoubt } from './extrapolated-verdicts.ts'
import { transferDoubt } from './transferred-verdicts.ts'

type Judged = Result['objectives'][number]

/**
 * Of each objective of a scenario, class by class, why its times are in doubt; null where they are
 * not. `work`: of each pool that may leave what its times were measured at.
 */
export function doubtsOf(
  scenario: Scenario,
  work: readonly (Extrapolated | null)[],
): (Doubt | null)[] {
  return scenario.traffic.flatMap(({ class: name, model }) => {
    const texts = scenario.slo[name] ?? []
    if (texts.length === 0) return []
    const pools = poolsMet(scenario, model)
    const transferred = transferDoubt(scenario, pools)
    return texts.map((text) => {
      if (transferred?.slowness === Number.POSITIVE_INFINITY) return transferred
      return extrapolationDoubt({ scenario, work, pools }, parseObjective(text)!) ?? transferred
    })
  })
}

/**
 * Names of the pools that the requests of a class may meet. What shares cards waits for all pools
 * on them.
 */
function poolsMet({ pools, cards }: Scenario, model: string | undefined): ReadonlySet<string> {
  const met = pools.filter(
    (pool) => model === undefined || pool.model === model || cards !== undefined,
  )
  return new Set(met.map(({ name }) => name))
}

/** What the verdicts of a scenario rest on beside its runs. */
interface Evidence {
  /** the objectives with the longest times that transfers allow; null where not simulated */
  readonly slower: readonly Judged[] | null
  /** of each pool that may leave what its times were measured at */
  readonly work: readonly (Extrapolated | null)[]
}

/**
 * Objectives as they were judged, except that none passes whose times are extrapolated, or that
 * does not pass with the longest times that transfers allow, too. A FAIL stands, as it is of the
 * times that the result states.
 */
export function withinEvidence(
  scenario: Scenario,
  judged: readonly Judged[],
  { slower, work }: Evidence,
): Judged[] {
  const doubts = doubtsOf(scenario, work)
  return judged.map((objective, i) => {
    const { verdict, estimate } = objective
    const doubt = doubts[i] ?? null
    if (verdict !== 'PASS' || doubt === null) return objective
    const slow = Number.isFinite(doubt.slowness) ? slower?.[i] : undefined
    if (slow?.verdict === 'PASS') return objective
    const reason = doubtText(doubt, slow === undefined ? null : slowText(slow))
    return {
      ...objective,
      estimate: { ...estimate, reason },
      verdict: 'UNDECIDED',
      deciding_duration_s: null,
    }
  })
}

/** "fails, 26.0 ms" */
function slowText({ text, verdict, estimate: { value } }: Judged): string {
  const { kind } = parseObjective(text)!
  const [factor, unit] = kind === 'goodput' ? [100, '%'] : [1, kind === 'cost' ? 'USD' : 'ms']
  const figure = value === null ? '' : `, ${significant(factor * value, 3)} ${unit}`
  return `${verdict === 'FAIL' ? 'fails' : 'is not decided'}${figure}`
}
