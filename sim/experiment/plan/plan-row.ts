import type { Scenario } from '../../../scenarios/schema/schema.ts'
import type { PlanRow } from '../../documents/index.ts'
import { PARTS, tInterval } from '../../stats/index.ts'
import { type ConfiguredSystem, configurationRow } from '../configuration/configuration-row.ts'
import { extrapolatedWork, type RunFigures } from '../configuration/run-figures.ts'
import { judgeAll, judgedRuns, type ObjectiveFigure } from '../result/objectives.ts'
import { withinEvidence } from '../transfer/doubts.ts'
import type { PlanJudgement } from './plan-verdict.ts'

/** What a row of a plan is made from. */
interface PlanRowParts extends ConfiguredSystem {
  readonly set: readonly string[]
  readonly today: boolean
  /** null for one without a price where others have one */
  readonly cost: number | null
  /** of each run; null where the cost is known in advance, or there is none */
  readonly paid: readonly number[] | null
  readonly costToday: number | null
  readonly judgement: PlanJudgement
  readonly runs: readonly RunFigures[]
}

/** The row of a configuration; ranks follow where all rows are known. */
export function planRow(parts: PlanRowParts): PlanRow {
  const { judgement, runs, cost, costToday, scenario } = parts
  const figures = configurationRow(parts, runs)
  const binding = judgement.objectives[judgement.binding]!
  const pools = figures.pools.map(({ name, utilisation }) => ({
    name,
    utilisation: utilisation.value,
  }))
  return {
    set: [...parts.set],
    today: parts.today,
    rank: null,
    verdict: judgement.verdict,
    p_meets: judgement.pMeets,
    objectives: judgement.objectives.map(({ class: name, text, lost, holds, reason, ofLimit }) => ({
      class: name,
      text,
      ...(lost !== undefined && { lost }),
      p_holds: holds,
      reason,
      of_limit: Number.isFinite(ofLimit) ? ofLimit : null,
    })),
    binding: {
      class: binding.class,
      text: binding.text,
      ...(binding.lost !== undefined && { lost: binding.lost }),
    },
    ...survivalOf(scenario, runs),
    bottleneck: bottleneckOf(scenario, binding.class, runs),
    busiest_pool: pools.reduce((a, b) => ((b.utilisation ?? 0) > (a.utilisation ?? 0) ? b : a)),
    memory_of_limit: fullest(runs),
    cost,
    paid: parts.paid && { ...tInterval(parts.paid), n: parts.paid.length },
    cost_vs_today:
      cost !== null && costToday !== null && costToday > 0 ? cost / costToday - 1 : null,
    figures,
  }
}

/** The objectives with each loss, judged as those without one are. */
function survivalOf(scenario: Scenario, runs: readonly RunFigures[]): Pick<PlanRow, 'survival'> {
  const losses = runs[0]!.lost
  if (losses === undefined) return {}
  const stated = judgedRuns(
    scenario,
    runs.every(({ exact }) => exact === true),
  )
  const survival = losses.map(({ text }, i) => {
    const lost = runs.map((run) => run.lost![i]!)
    const slower = lost.flatMap((run) => (run.slower === undefined ? [] : [run.slower]))
    const judge = (each: readonly (readonly ObjectiveFigure[])[]) =>
      judgeAll(scenario, each, stated)
    const objectives = withinEvidence(scenario, judge(lost.map((run) => run.objectives)), {
      slower: slower.length < lost.length ? null : judge(slower),
      work: extrapolatedWork(lost),
    })
    return { lost: text, objectives }
  })
  return { survival }
}

/** The longest part of the mean latency of a class; null where none was served. */
function bottleneckOf(
  { traffic }: Scenario,
  name: string,
  runs: readonly RunFigures[],
): PlanRow['bottleneck'] {
  const at = traffic.findIndex((traffic) => traffic.class === name)
  const parts = [...PARTS, 'network'] as const
  const means = parts.map((_, i) => {
    const each = runs.map(({ classes }) => classes[at]!.parts[i] ?? 0)
    return each.reduce((sum, ms) => sum + ms, 0) / runs.length
  })
  const whole = means.reduce((sum, ms) => sum + ms, 0)
  if (!(whole > 0)) return null
  const most = means.indexOf(Math.max(...means))
  return { part: parts[most]!, share: means[most]! / whole }
}

function fullest(runs: readonly RunFigures[]): number | null {
  const shares = runs.flatMap(({ memoryOfLimit }) => memoryOfLimit ?? [])
  return shares.length === 0 ? null : Math.max(...shares)
}
