import { existsSync } from 'node:fs'
import { Failure } from '../../../scenarios/index.ts'
import {
  type BaselineEntry,
  type GateBaseline,
  gateBaseline,
} from '../../../sim/documents/index.ts'
import { documentText, readJson } from '../../folders/documents.ts'
import { writeWhole } from '../../folders/write-whole.ts'

/** Reads a baseline of prediction gates. Throws `Failure` where it is missing or is none. */
export async function readBaseline(path: string): Promise<GateBaseline> {
  if (existsSync(path)) return readJson(path, gateBaseline, 'write it again with gate --update')
  const command = `spillway gate SCENARIO --baseline ${path} --update`
  throw new Failure(`${path}: no such file; write it with: ${command}`)
}

/** Writes these scenarios into a baseline; others in it stay. */
export async function updateBaseline(
  path: string,
  entries: readonly BaselineEntry[],
): Promise<GateBaseline> {
  const known = existsSync(path) ? (await readBaseline(path)).scenarios : []
  const others = known.filter(({ file }) => entries.every((one) => one.file !== file))
  const scenarios = [...others, ...entries].sort((a, b) => (a.file < b.file ? -1 : 1))
  const baseline: GateBaseline = { document: 'spillway-gate-baseline', format: 1, scenarios }
  await writeWhole(path, documentText(baseline))
  return baseline
}
