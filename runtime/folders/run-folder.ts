import { existsSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { type ZodType, z } from 'zod'
import { Failure, parseKeptScenario, type Scenario } from '../../scenarios/index.ts'
import { type Result, resultSchema } from '../../sim/documents/index.ts'
import type { ObservedRun } from '../../sim/experiment/index.ts'
import { type ActivationPlan, activationPlanSchema } from '../../sim/memory/index.ts'
import { logLines, parseLog } from '../../sim/serving/index.ts'
import { parseRequests, type RequestList, requestText } from '../../sim/traffic/index.ts'
import { pause, paused } from '../process/pause.ts'
import { documentProblems } from './document-problems.ts'
import { type FolderChange, settleFolder } from './replace-files.ts'
import { readRows, rowsBytes } from './rows-file.ts'
import { rowsProblem } from './rows-problem.ts'
import { parseJson, readText } from './user-text.ts'

/** Which world's rows: `replay-N.parquet` are measured, `replication-N.parquet` simulated. */
export type RunKind = 'replay' | 'replication'

/** The scenario of rows, with every default in place. */
export const SCENARIO_FILE = 'scenario.json'

/** What batches of each pool do with memory, by which the control plane reckons. */
const ACTIVATIONS_FILE = 'activations.json'

/** What arenas did with the batches of the first replay. */
export const ARENA_FILE = 'memory.json'

/** Where the second side's rows lie in the folder of the first. */
export const AGAINST_FOLDER = 'against'

/** A run with what its control plane was told; an empty journal where none was kept. */
export type KeptRun = ObservedRun & { readonly journal: Float64Array }

/**
 * Keeps what comparisons and audits need: the scenario with every default in place, the requests,
 * and raw rows and journal of every run. What the folder held of such runs before goes; those of
 * the other world stay where they are of the same scenario and requests.
 */
export async function keepRuns(
  change: FolderChange,
  kind: RunKind,
  kept: {
    readonly scenario: Scenario
    readonly requests: RequestList
    readonly runs: readonly KeptRun[]
    /** of each pool, as a profile or the scenario tells; none where memory does not count */
    readonly activations?: readonly (ActivationPlan | null)[]
    readonly signal: AbortSignal
  },
): Promise<void> {
  const { scenario, requests, runs, activations = [], signal } = kept
  const classes = scenario.traffic.map((traffic) => traffic.class)
  await keepInput(change, kind, SCENARIO_FILE, `${JSON.stringify(scenario, null, 2)}\n`)
  await keepInput(
    change,
    kind,
    'requests.jsonl',
    await joined(paused(requestText(requests, classes), signal)),
  )
  const known = activations.some((own) => own !== null)
  if (known) await keepInput(change, kind, ACTIVATIONS_FILE, `${JSON.stringify(activations)}\n`)
  else change.remove(ACTIVATIONS_FILE)
  await dropRuns(change, kind)
  for (const [i, run] of runs.entries()) {
    const { rows, journal } = filesOf(kind, i + 1)
    await change.write(rows, await rowsBytes(run, () => pause(signal)))
    if (run.journal.length === 0) continue
    await change.write(journal, paused(logLines(run.journal), signal))
  }
}

async function joined(pieces: AsyncIterable<string>): Promise<string> {
  const all: string[] = []
  for await (const piece of pieces) all.push(piece)
  return all.join('')
}

async function keepInput(change: FolderChange, kind: RunKind, name: string, text: string) {
  const path = join(change.directory, name)
  const changed = existsSync(path) && (await readText(path)) !== text
  if (changed) await dropRuns(change, kind === 'replay' ? 'replication' : 'replay')
  await change.write(name, text)
}

/** Removes the rows and journals of a kind, but for those that the change writes. */
export async function dropRuns(change: FolderChange, kind: RunKind): Promise<void> {
  const own = new RegExp(`^${kind}-\\d+\\.(parquet|journal\\.jsonl)$`)
  for (const name of await change.names()) {
    if (own.test(name)) change.remove(name)
  }
}

const OF_REPLAYS = [
  ...[SCENARIO_FILE, 'requests.jsonl', 'measured.json'],
  ...[ACTIVATIONS_FILE, ARENA_FILE],
]

/** Removes replays with all that was kept beside them. A folder that holds anything else stays. */
export async function dropReplayFolder(change: FolderChange): Promise<void> {
  await dropRuns(change, 'replay')
  for (const name of await change.names()) {
    if (OF_REPLAYS.includes(name)) change.remove(name)
  }
}

const filesOf = (kind: RunKind, number: number) => ({
  rows: `${kind}-${number}.parquet`,
  journal: `${kind}-${number}.journal.jsonl`,
})

/** Finishes what a command that was killed left undone, before the folder is read. */
export async function settleRuns(directory: string): Promise<void> {
  const path = resolve(directory)
  // a second side changes together with the first
  if (basename(path) === AGAINST_FOLDER) await settleFolder(dirname(path))
  await settleFolder(path)
}

/**
 * Removes the inputs of runs, of which the change leaves none: beside other documents they would be
 * taken for theirs.
 */
export function dropInputs(change: FolderChange): void {
  for (const name of [SCENARIO_FILE, ACTIVATIONS_FILE]) change.remove(name)
}

/** The scenario that a folder's rows were made under. Throws `Failure` where there is none. */
export async function readScenario(directory: string): Promise<Scenario> {
  const path = join(directory, SCENARIO_FILE)
  const text = await readText(path)
  parseJson(path, text)
  return parseKeptScenario(text, path)
}

/** What batches of each pool did with memory in a folder's runs. */
export async function readActivations(
  directory: string,
): Promise<readonly (ActivationPlan | null)[]> {
  const path = join(directory, ACTIVATIONS_FILE)
  if (!existsSync(path)) return []
  const parsed = z
    .array(activationPlanSchema.nullable())
    .safeParse(parseJson(path, await readText(path)))
  if (parsed.success) return parsed.data
  throw new Failure(`${path}: not what batches do with memory in this version`)
}

/** The requests that a folder's rows belong to. */
export async function readRequests(directory: string, scenario: Scenario): Promise<RequestList> {
  const path = join(directory, 'requests.jsonl')
  const classes = scenario.traffic.map((traffic) => traffic.class)
  return parseRequests((await readText(path)).split('\n'), classes, path)
}

/** A document in a folder; null where it has none of that name. */
export async function readDocument<T>(
  directory: string,
  name: string,
  schema: ZodType<T>,
): Promise<T | null> {
  const path = join(directory, `${name}.json`)
  if (!existsSync(path)) return null
  const parsed = schema.safeParse(parseJson(path, await readText(path)))
  if (parsed.success) return parsed.data
  throw new Failure(documentProblems(path, parsed.error))
}

/** The measured result in a folder. */
export async function readMeasured(directory: string): Promise<Result> {
  const measured = await readDocument(directory, 'measured', resultSchema)
  if (measured !== null) return measured
  throw new Failure(`${join(directory, 'measured.json')}: no such file`)
}

/** Runs 1, 2, … of a kind and of the scenario, as far as the folder has them. */
export async function readRuns(
  directory: string,
  kind: RunKind,
  scenario: Scenario,
): Promise<KeptRun[]> {
  const runs: KeptRun[] = []
  for (;;) {
    const { rows, journal } = filesOf(kind, runs.length + 1)
    if (!existsSync(join(directory, rows))) return runs
    const run = await readRows(join(directory, rows))
    const problem = rowsProblem(run, scenario)
    if (problem !== null) throw new Failure(`${join(directory, rows)} ${problem}`)
    const path = join(directory, journal)
    const lines = existsSync(path) ? (await readText(path)).split('\n') : []
    runs.push({ ...run, journal: parseLog(lines, path) })
  }
}
