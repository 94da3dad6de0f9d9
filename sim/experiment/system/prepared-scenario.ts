import type { Failure } from '../../../scenarios/failure.ts'
import type { Scenario } from '../../../scenarios/schema/schema.ts'
import type { ClientRow, TraceData } from '../../traffic/index.ts'

/** A trace before a simulation reads its rows. */
interface SurveyedTrace extends TraceData {
  /** lengths from all over the trace; null where it has none */
  readonly lengthSample: Int32Array | null
  /** the same of tokens to generate */
  readonly outputSample: Int32Array | null
}

/** A scenario with what its files hold. Without a profile its models have no times yet. */
export interface PreparedScenario {
  readonly scenario: Scenario
  readonly hash: string
  /** names the scenario in messages */
  readonly file: string
  /** by the index of the class */
  readonly traces: ReadonlyMap<number, SurveyedTrace>
  /** rates of recorded clients, by the index of the class */
  readonly clients: ReadonlyMap<number, readonly (readonly ClientRow[])[]>
  /** names what the model of each pool computes; null where that is not known or declared */
  readonly contents: readonly (string | Failure | null)[]
}

/** A scenario that names no files. */
export function withoutFiles(
  of: Pick<PreparedScenario, 'scenario' | 'hash' | 'file'>,
): PreparedScenario {
  const contents = of.scenario.pools.map(() => null)
  return { ...of, traces: new Map(), clients: new Map(), contents }
}
