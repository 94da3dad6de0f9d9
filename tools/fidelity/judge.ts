import { compare } from '../../runtime/jobs/compare.ts'
import { predictChange } from '../../runtime/jobs/predict-change.ts'
import { afterRehearsals } from '../../runtime/jobs/rehearsals.ts'
import { summariseReplays } from '../../runtime/jobs/replays.ts'
import { type Comparison, notCountedTexts, type WhatIf } from '../../sim/documents/index.ts'
import { countedRuns, stabilityOf, type WhatIfFigures } from '../../sim/experiment/index.ts'
import type { Recorded, Recording } from './record.ts'
import { JUDGED, REHEARSAL } from './suite.ts'

type Check = Comparison['checks']['prediction']

/**
 * Whether the simulator rebuilds the replays of a case from the measured machine; and the raw rows.
 */
export interface CaseReport {
  readonly name: string
  readonly replays: number
  /** those that nothing disturbed; where there is none, all are shown */
  readonly counted: number
  /** why replays do not count, if any */
  readonly spoiled: readonly string[]
  readonly percentiles: Comparison['percentiles']
  /** absent where no tokens are generated */
  readonly token_times?: Comparison['token_times']
  readonly checks: {
    readonly structure: Check
    readonly prediction: Check
    readonly audit: Check
  }
  /** decision logs on which a fresh control plane made the same decisions */
  readonly fedBack: number
}

/** The prediction of a changed configuration. */
export interface ChangeReport extends WhatIfFigures {
  readonly name: string
  readonly changes: readonly string[]
  /** absent where no tokens are generated */
  readonly token_times?: WhatIf['token_times']
  readonly check: Check
}

/** Simulations for each prediction. */
const REPLICATIONS = 40

/**
 * Judged replays are predicted from the rehearsals that alternated with them. All other cases
 * are predicted from half a minute of calibration, as for a user.
 */
export async function judgeCase(
  recorded: Recorded,
  { profile, cases }: Recording,
): Promise<CaseReport> {
  const { requests, feedback, runs } = recorded
  const { name } = recorded.case
  const rehearsal = name.startsWith(JUDGED) ? cases.get(name.replace(JUDGED, REHEARSAL)) : undefined
  const { system } = afterRehearsals(recorded.system, rehearsal?.runs ?? [])
  const played = summariseReplays(system, countedRuns(runs), requests)
  const drifts = played.map(({ drift }) => drift)
  const stability = stabilityOf(drifts, system.scenario.pools)
  // all of a suite is recorded on one host
  const result = { host: profile.host, stability }
  const { percentiles, token_times, checks, not_counted } = await compare(
    { system, requests, replays: { runs }, arena: null, result },
    null,
    { replications: REPLICATIONS },
  )
  const { structure, prediction, audit } = checks
  const poor = not_counted.map(({ replay, ...why }) => ({ number: replay, ...why }))
  return {
    name,
    replays: runs.length,
    counted: runs.length - not_counted.length,
    spoiled: notCountedTexts('replay', poor),
    percentiles,
    ...(token_times && { token_times }),
    checks: { structure: structure!, prediction, audit },
    fedBack: feedback.filter((differences) => differences.length === 0).length,
  }
}

/** The ratio of two cases that alternated. */
export async function judgeChange(changed: Recorded, { cases }: Recording): Promise<ChangeReport> {
  const base = cases.get(changed.case.against!)!
  const [a, b] = [base, changed].map((side) => ({ ...side, replays: side }))
  const { document, check } = await predictChange(a!, b!, { replications: REPLICATIONS })
  return { ...document, name: changed.case.name, check }
}
