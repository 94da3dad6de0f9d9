import { EXIT, Failure } from '../../../scenarios/index.ts'
import type { SweepManifest, SweepRow } from '../../../sim/documents/index.ts'
import { configurationRow } from '../../../sim/experiment/index.ts'
import { ChildEnded } from '../../process/child.ts'
import { saysOutOfMemory } from '../../process/failure-message.ts'
import type { ConfigurationPool } from '../configurations/configuration-pool.ts'
import { valuesOf } from './sweep-plan.ts'

/**
 * Simulates one configuration of a plan and returns its row, which depends on the plan and the
 * number alone: whatever moves units of work between machines calls this. A configuration that is
 * invalid or for which memory runs out has a row with the reason. Throws `Failure` of exit code 130
 * once the signal of the pool is set, and errors of this program.
 */
export async function simulateConfiguration(
  pool: ConfigurationPool,
  plan: SweepManifest,
  number: number,
): Promise<SweepRow> {
  const values = valuesOf(plan, number)
  const set = values.map((value, i) => `${plan.paths[i]}=${value}`)
  const row = { configuration: number, values }
  try {
    // a stopping rule would ask for further replications here, until its figures are precise
    const runs = await pool.simulate({ set, from: 0, to: plan.replications })
    const figures = configurationRow(runs, runs.runs)
    return { ...row, status: 'done', reason: null, scenario: runs.hash, figures }
  } catch (error) {
    const status = statusOf(error)
    if (status === null) throw error
    const reason = (error as Failure).problems.join('\n')
    return { ...row, status, reason, scenario: null, figures: null }
  }
}

function statusOf(error: unknown): SweepRow['status'] | null {
  if (error instanceof ChildEnded) {
    return ['SIGKILL', 'SIGABRT'].includes(error.how) ? 'out_of_memory' : null
  }
  if (!(error instanceof Failure)) return null
  if (saysOutOfMemory(error)) return 'out_of_memory'
  const refused = [EXIT.invalidInput, EXIT.notComparable] as readonly number[]
  return refused.includes(error.exitCode) ? 'invalid' : null
}
