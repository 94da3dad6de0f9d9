import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Failure, hashOf } from '../../scenarios/index.ts'
import {
  type Audit,
  comparisonSchema,
  type Result,
  resultSchema,
} from '../../sim/documents/index.ts'
import { clientSystem, simulationInput } from '../../sim/experiment/index.ts'
import {
  type RunKind,
  readActivations,
  readDecoders,
  readDocument,
  readRequests,
  readRuns,
  readScenario,
  SCENARIO_FILE,
  settleRuns,
} from '../folders/run-folder.ts'
import { pause } from '../process/interruption.ts'
import { build } from '../version.ts'
import { comparisonClaims, resultClaims } from './audit-claims.ts'
import { auditRun, auditVerdict, type RunAudit, withAnswers } from './audit-runs.ts'
import { type DocumentOptions, LIBRARY_CALL } from './options.ts'

/** Rows of a run whose audit takes a second, or more. */
const MANY_ROWS = 100_000

/** A document that belongs to the runs of a folder. */
type Stated = Pick<Result, 'scenario' | 'requests'>

/**
 * Audits the runs that a folder keeps: every rule of the scenario on their rows, the figures of the
 * documents beside them, and decision logs, fed to a fresh control plane.
 */
export async function audit(
  directory: string,
  { signal, onProgress, command = LIBRARY_CALL }: DocumentOptions = {},
): Promise<Audit> {
  await settleRuns(directory)
  if (!existsSync(join(directory, SCENARIO_FILE))) throw withoutRows(directory)
  const scenario = await readScenario(directory)
  const requests = await readRequests(directory, scenario)
  const input = simulationInput(scenario, { activations: await readActivations(directory) })
  const hash = hashOf(scenario)
  const expectOwn = (name: string, { scenario: of, requests: hashed }: Stated) => {
    const path = join(directory, `${name}.json`)
    if (of.hash !== hash) {
      const here = `${directory}/scenario.json is ${hash}`
      throw new Failure(`${path}: is of scenario ${of.hash}, but ${here}`)
    }
    if (hashed !== requests.hash()) {
      throw new Failure(`${path}: is of other requests than ${directory}/requests.jsonl`)
    }
  }
  const files = await readDecoders(directory)
  const audited = async (kind: RunKind) => {
    const runs = await readRuns(directory, kind, scenario)
    const { scenario: seen, plan } = kind === 'replay' ? clientSystem(input) : input
    const audits: RunAudit[] = []
    for (const [i, run] of runs.entries()) {
      if (run.rows.count >= MANY_ROWS) onProgress?.(`auditing ${kind}s`, i, runs.length)
      const audit = auditRun(`${kind}-${i + 1}`, run, { scenario: seen, plan, kind, requests })
      const of = { scenario: seen, plan, files, signal, onProgress }
      audits.push(await withAnswers(audit, run, of))
      await pause(signal)
    }
    const changes = runs.map((run) => run.changes ?? [])
    return { scenario, rows: runs.map(({ rows }) => rows), changes, audits }
  }
  const replays = await audited('replay')
  const replications = await audited('replication')
  const audits = [...replays.audits, ...replications.audits]
  if (audits.length === 0) throw withoutRows(directory)
  const claims: Audit['claims'] = []
  if (replays.rows.length > 0) {
    const measured = await readDocument(directory, 'measured', resultSchema)
    if (measured !== null) {
      expectOwn('measured', measured)
      expectAll(directory, replays.rows.length, measured.runs)
      claims.push(...resultClaims('measured.json', measured, replays))
    }
    const comparison = await readDocument(directory, 'comparison', comparisonSchema)
    if (comparison !== null) {
      expectOwn('comparison', comparison)
      expectAll(directory, replays.rows.length, comparison.replays)
      claims.push(...comparisonClaims(comparison, replays.audits))
    }
  }
  if (replications.rows.length > 0) {
    const simulated = await readDocument(directory, 'simulated', resultSchema)
    // of many replications only the first is kept: then there is nothing to hold a mean against
    if (simulated !== null && simulated.runs === replications.rows.length) {
      expectOwn('simulated', simulated)
      claims.push(...resultClaims('simulated.json', simulated, replications))
    }
  }
  const { name, description } = scenario
  return {
    document: 'spillway-audit',
    format: 1,
    ...build(),
    scenario: { name, hash, description },
    requests: requests.hash(),
    runs: audits,
    claims,
    ...auditVerdict(audits, claims),
    command,
  }
}

export function withoutRows(directory: string): Failure {
  if (!existsSync(directory)) return new Failure(`${directory}: no such folder`)
  const options = 'run, replay --out DIR or simulate --keep-rows --out DIR'
  return new Failure(`${directory}: has no raw rows; keep them with ${options}`)
}

function expectAll(directory: string, kept: number, of: number): void {
  if (kept !== of) throw new Failure(`${directory}: has ${kept} of ${of} replays; replay again`)
}
