import { EXIT, Failure } from '../../../scenarios/index.ts'
import type { ConfigurationRow, SweepManifest, SweepRow } from '../../../sim/documents/index.ts'
import { configurationRow, nextLook, precisionOf } from '../../../sim/experiment/index.ts'
import { saysOutOfMemory } from '../../folders/system-refusal.ts'
import { ChildEnded, endedForMemory } from '../../process/child.ts'
import { Unanswered } from '../configurations/queue.ts'
import type {
  ConfigurationRuns,
  ConfigurationSimulator,
  RequestOptions,
} from '../simulations/configuration-runs.ts'
import { overridesOf, valuesOf } from './sweep-plan.ts'

export type Simulates = Pick<ConfigurationSimulator, 'simulate'>

/**
 * Simulates one configuration of a plan and returns its row, which depends on the plan and the
 * number alone: whatever moves units of work between machines calls this. A configuration that is
 * invalid or for which memory runs out has a row with the reason. Throws `Failure` of exit code 130
 * once the signal of the pool is set, `Unanswered`, and errors of this program.
 */
export async function simulateConfiguration(
  pool: Simulates,
  plan: SweepManifest,
  number: number,
  options: RequestOptions = {},
): Promise<SweepRow> {
  const values = valuesOf(plan, number)
  const set = overridesOf(plan, values)
  const row = { configuration: number, values }
  try {
    const { hash, figures, uncertain } = await simulated(pool, set, plan, options)
    const done = { status: 'done', reason: null, scenario: hash, figures } as const
    return { ...row, ...done, ...(uncertain && { uncertain }) }
  } catch (error) {
    const status = statusOf(error)
    if (status === null) throw error
    const reason = (error as Failure).problems.join('\n')
    return { ...row, status, reason, scenario: null, figures: null }
  }
}

interface SimulatedConfiguration extends Pick<ConfigurationRuns, 'hash' | 'uncertain'> {
  readonly figures: ConfigurationRow
}

/** The figures after as many replications as the plan has, or until they are precise. */
async function simulated(
  pool: Simulates,
  set: readonly string[],
  { replications, precision }: Pick<SweepManifest, 'replications' | 'precision'>,
  { onShare, last }: RequestOptions,
): Promise<SimulatedConfiguration> {
  // how many more a precision takes is not known
  const options = { onShare: precision === null ? onShare : undefined, last }
  const first = await pool.simulate({ set, from: 0, to: replications }, options)
  const runs = [...first.runs]
  let figures = configurationRow(first, runs)
  while (precision !== null) {
    const next = nextLook(runs.length, precisionOf(figures), precision)
    if (next === null) break
    runs.push(...(await pool.simulate({ set, from: runs.length, to: next }, { last })).runs)
    figures = configurationRow(first, runs)
  }
  return { hash: first.hash, figures, uncertain: first.uncertain }
}

function statusOf(error: unknown): SweepRow['status'] | null {
  if (endedForMemory(error)) return 'out_of_memory'
  if (!(error instanceof Failure)) return null
  if (error instanceof ChildEnded || error instanceof Unanswered) return null
  if (saysOutOfMemory(error)) return 'out_of_memory'
  const refused = [EXIT.invalidInput, EXIT.notComparable] as readonly number[]
  return refused.includes(error.exitCode) ? 'invalid' : null
}
