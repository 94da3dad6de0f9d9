import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Prepared, prepare } from '../../runtime/jobs/prepare.ts'
import {
  keptReplication,
  type RunSummary,
  resolveSystem,
  runReplication,
} from '../../sim/experiment/index.ts'
import type { Rows } from '../../sim/stats/index.ts'
import { SHARED } from './published.ts'

/** The Azure LLM inference traces of 2023, by the name of their class in the scenario library. */
export const TRACES = ['code', 'conv'] as const
export type Trace = (typeof TRACES)[number]

export const fileOf = (trace: Trace) =>
  fileURLToPath(new URL(`azure_llm_2023_${trace}.csv.gz`, SHARED))

/** Whether both traces are available. */
export function haveTraces(): boolean {
  return TRACES.every((trace) => existsSync(fileOf(trace)))
}

/** A scenario of the library on a trace, with some values overridden. */
export interface OnTrace {
  readonly scenario: string
  readonly set: readonly string[]
}

export function onTrace(
  scenario: string,
  trace: Trace,
  values: Readonly<Record<string, string | number>>,
): OnTrace {
  const set = Object.entries({ [`traffic.${trace}.arrivals.file`]: fileOf(trace), ...values })
  return { scenario, set: set.map(([path, value]) => `${path}=${value}`) }
}

export const prepareTrace = ({ scenario, set }: OnTrace): Promise<Prepared> =>
  prepare(`scenarios/library/${scenario}.yaml`, { set })

/** The summary of a run. */
export function runOf(prepared: Prepared): RunSummary {
  return runReplication(resolveSystem(prepared, null), 0)
}

/** The raw rows of the same run. */
export function rowsOf(prepared: Prepared): Rows {
  return keptReplication(resolveSystem(prepared, null), 0).rows
}
