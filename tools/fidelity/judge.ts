import { auditCheck } from '../../runtime/jobs/audit-runs.ts'
import { predictChange } from '../../runtime/jobs/compare.ts'
import { learn } from '../../runtime/jobs/learn.ts'
import { predictReplays } from '../../runtime/jobs/predict-replays.ts'
import { type Comparison, notCountedTexts } from '../../sim/documents/index.ts'
import {
  compareRuns,
  countedRuns,
  disturbedProfile,
  executorWork,
  resolveSystem,
  simulatedPercentiles,
  type WhatIfFigures,
} from '../../sim/experiment/index.ts'
import type { Profile } from '../../sim/world/index.ts'
import type { Recorded, Recording } from './record.ts'
import { JUDGED, REHEARSAL } from './suite.ts'

type Check = Comparison['checks']['structure']

/**
 * Whether the simulator rebuilds the replays of a case from the measured machine; and the raw rows.
 */
export interface CaseReport {
  readonly name: string
  readonly replays: number
  /** why replays do not count, if any */
  readonly spoiled: readonly string[]
  readonly percentiles: Comparison['percentiles']
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
  const { system, requests, runs } = recorded
  const { scenario, plan } = system
  const { name } = recorded.case
  const rehearsal = name.startsWith(JUDGED) ? cases.get(name.replace(JUDGED, REHEARSAL)) : undefined
  const input = rehearsal ? resolveSystem(system, rehearsed(profile, rehearsal)) : system
  // all of a suite is recorded on one host
  const { host } = profile
  const { predictions, change } = await predictReplays(
    { ...input, requests },
    { runs, host, profileHost: host },
    { replications: REPLICATIONS },
  )
  const { percentiles, checks, not_counted } = compareRuns({
    plan,
    requests,
    replays: runs,
    work: executorWork(input),
    predictions: predictions.map(simulatedPercentiles),
    change,
    disturbed: disturbedProfile(input.models, plan),
    warmupMs: scenario.warmup_s * 1000,
    durationMs: scenario.duration_s * 1000,
    seed: scenario.seed,
  })
  const audited = runs.map((run) => ({ ...run, journal: new Float64Array(0) }))
  return {
    name,
    replays: runs.length,
    spoiled: notCountedTexts(
      'replay',
      not_counted.map(({ replay, ...why }) => ({ number: replay, ...why })),
    ),
    percentiles,
    checks: {
      structure: checks.structure,
      prediction: checks.prediction,
      audit: auditCheck([{ system, requests, replays: { runs: audited } }]),
    },
    fedBack: recorded.feedback.filter((differences) => differences.length === 0).length,
  }
}

/** From the rehearsals that count, as in `run`. */
function rehearsed(profile: Profile, { system, runs: all }: Recorded): Profile {
  const { scenario } = system
  const runs = countedRuns(all)
  return { ...profile, models: learn(profile.models, [{ scenario, runs, load: 0 }]) }
}

/** The ratio of two cases that alternated. */
export async function judgeChange(changed: Recorded, { cases }: Recording): Promise<ChangeReport> {
  const base = cases.get(changed.case.against!)!
  const [a, b] = [base, changed].map((side) => ({ ...side, replays: side }))
  const { document, check } = await predictChange(a!, b!, { replications: REPLICATIONS })
  return { ...document, name: changed.case.name, check }
}
