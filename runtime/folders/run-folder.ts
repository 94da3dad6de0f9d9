import { existsSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import * as z from 'zod'
import { clientSide, Failure, parseKeptScenario, type Scenario } from '../../scenarios/index.ts'
import type { GeneratedColumns } from '../../sim/audit/index.ts'
import { type Result, resultSchema } from '../../sim/documents/index.ts'
import type { ObservedRun } from '../../sim/experiment/index.ts'
import { type ActivationPlan, activationPlanSchema } from '../../sim/memory/index.ts'
import { generatesIn, logLines, parseLog } from '../../sim/serving/index.ts'
import { parseRequests, type RequestList, requestText } from '../../sim/traffic/index.ts'
import { pause, paused } from '../process/interruption.ts'
import { parseJson, readJson, readText } from './documents.ts'
import { readGenerated, writeGenerated } from './generated-files.ts'
import { type FolderChange, settleFolder } from './replace-files.ts'
import { readRows, rowsBytes } from './rows-file.ts'
import { rowsProblem } from './rows-problem.ts'

/** Kinds of rows: `replay-N.parquet` are measured, `replication-N.parquet` are simulated. */
export type RunKind = 'replay' | 'replication'

/** The scenario of rows, with every default filled in. */
export const SCENARIO_FILE = 'scenario.json'

/** Where the files of decoders were and what was in them, so that answers can be recomputed. */
const DECODERS_FILE = 'decoders.json'

/** Activation plans per pool, which the control plane uses for its memory ledger. */
const ACTIVATIONS_FILE = 'activations.json'

/** Activity of arenas with the batches of the first replay. */
export const ARENA_FILE = 'memory.json'

/** The folder of the second side's rows, inside the folder of the first. */
export const AGAINST_FOLDER = 'against'

/** A run with its decision log; an empty log if none was kept. */
export type KeptRun = ObservedRun & {
  readonly journal: Float64Array
  /** of a replay that generates */
  readonly generated?: GeneratedColumns
}

/**
 * Writes what comparisons and audits need: the scenario with every default filled in, the requests,
 * and raw rows and decision log of every run. Removes earlier runs of this kind. Runs of the other
 * kind stay if they belong to the same scenario and requests.
 */
export async function keepRuns(
  change: FolderChange,
  kind: RunKind,
  kept: {
    readonly scenario: Scenario
    readonly requests: RequestList
    readonly runs: readonly KeptRun[]
    /** per pool, from the profile or the scenario; empty if memory is not simulated */
    readonly activations?: readonly (ActivationPlan | null)[]
    /** of ONNX files; default: all decoders are built in */
    readonly decoders?: KeptDecoders | null
    readonly signal: AbortSignal | undefined
  },
): Promise<void> {
  const { scenario, requests, runs, activations = [], decoders = null, signal } = kept
  const classes = scenario.traffic.map((traffic) => traffic.class)
  await keepInput(change, kind, SCENARIO_FILE, `${JSON.stringify(scenario, null, 2)}\n`)
  await keepInput(
    change,
    kind,
    'requests.jsonl',
    await joined(paused(requestText(requests, classes), signal)),
  )
  const hasPlan = activations.some((plan) => plan !== null)
  if (hasPlan) await keepInput(change, kind, ACTIVATIONS_FILE, `${JSON.stringify(activations)}\n`)
  else change.remove(ACTIVATIONS_FILE)
  if (decoders === null) change.remove(DECODERS_FILE)
  else await keepInput(change, kind, DECODERS_FILE, `${JSON.stringify(decoders)}\n`)
  await dropRuns(change, kind)
  for (const [i, run] of runs.entries()) {
    const { rows, journal } = filesOf(kind, i + 1)
    await change.write(rows, await rowsBytes(run, () => pause(signal)))
    if (run.generated !== undefined) {
      await writeGenerated(change, `${kind}-${i + 1}`, run.generated, () => pause(signal))
    }
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

/** The file of a run's timeline, beside its rows. */
export const timelineFile = (name: string, compressed: boolean) =>
  `${name}.timeline.json${compressed ? '.gz' : ''}`

/**
 * Removes rows, what engines left beside them, decision logs and timelines of a kind, except those
 * that the change writes.
 */
export async function dropRuns(change: FolderChange, kind: RunKind): Promise<void> {
  const ofKind = new RegExp(
    `^${kind}-\\d+\\.((answers\\.|blocks\\.)?parquet|journal\\.jsonl|timeline\\.json(\\.gz)?)$`,
  )
  for (const name of await change.names()) {
    if (ofKind.test(name)) change.remove(name)
  }
}

const OF_REPLAYS = [
  ...[SCENARIO_FILE, 'requests.jsonl', 'measured.json', 'simulated.json'],
  ...[ACTIVATIONS_FILE, ARENA_FILE, DECODERS_FILE],
]

/** Removes replays with all their documents. A folder with other files stays. */
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

/** Finishes the change of a killed command, before the folder is read. */
export async function settleRuns(directory: string): Promise<void> {
  const path = resolve(directory)
  // a second side changes together with the first
  if (basename(path) === AGAINST_FOLDER) await settleFolder(dirname(path))
  await settleFolder(path)
}

/** Removes the inputs of runs: without runs they do not belong to the other documents. */
export function dropInputs(change: FolderChange): void {
  for (const name of [SCENARIO_FILE, ACTIVATIONS_FILE, DECODERS_FILE]) change.remove(name)
}

/** The scenario of a folder's rows. Throws `Failure` if there is none. */
export async function readScenario(directory: string): Promise<Scenario> {
  const path = join(directory, SCENARIO_FILE)
  const text = await readText(path)
  parseJson(path, text)
  return parseKeptScenario(text, path)
}

export async function readActivations(
  directory: string,
): Promise<readonly (ActivationPlan | null)[]> {
  const path = join(directory, ACTIVATIONS_FILE)
  if (!existsSync(path)) return []
  return readJson(path, z.array(activationPlanSchema.nullable()), 'not of this version')
}

const keptDecoders = z.strictObject({
  /** where relative paths of the scenario start */
  directory: z.string(),
  /** of each pool; null where its model is no ONNX file */
  contents: z.array(z.string().nullable()),
})

export type KeptDecoders = z.infer<typeof keptDecoders>

/** Null where no decoder of the folder is an ONNX file. */
export async function readDecoders(directory: string): Promise<KeptDecoders | null> {
  const path = join(directory, DECODERS_FILE)
  return existsSync(path) ? readJson(path, keptDecoders, 'not of this version') : null
}

export async function readRequests(directory: string, scenario: Scenario): Promise<RequestList> {
  const path = join(directory, 'requests.jsonl')
  const classes = scenario.traffic.map((traffic) => traffic.class)
  return parseRequests((await readText(path)).split('\n'), classes, path)
}

/** A document in a folder; null if it is missing. */
export async function readDocument<T>(
  directory: string,
  name: string,
  schema: z.ZodType<T>,
): Promise<T | null> {
  const path = join(directory, `${name}.json`)
  return existsSync(path) ? readJson(path, schema) : null
}

export async function readMeasured(directory: string): Promise<Result> {
  const measured = await readDocument(directory, 'measured', resultSchema)
  if (measured !== null) return measured
  throw new Failure(`${join(directory, 'measured.json')}: no such file`)
}

/** Names of the runs with rows in a folder: replays, then replications. */
export function runNames(directory: string): string[] {
  return (['replay', 'replication'] as const).flatMap((kind) => {
    const names: string[] = []
    while (existsSync(join(directory, filesOf(kind, names.length + 1).rows))) {
      names.push(`${kind}-${names.length + 1}`)
    }
    return names
  })
}

/** The rows of one run, without its decision log. */
export async function readRun(
  directory: string,
  name: string,
  scenario: Scenario,
): Promise<ObservedRun> {
  const path = join(directory, `${name}.parquet`)
  const run = await readRows(path)
  const problem = rowsProblem(run, name.startsWith('replay') ? clientSide(scenario) : scenario)
  if (problem !== null) throw new Failure(`${path} ${problem}`)
  return run
}

/** Runs 1, 2, … of a kind and of the scenario, up to the first missing number. */
export async function readRuns(
  directory: string,
  kind: RunKind,
  scenario: Scenario,
): Promise<KeptRun[]> {
  const runs: KeptRun[] = []
  const generates = kind === 'replay' && generatesIn(clientSide(scenario))
  for (;;) {
    const { rows, journal } = filesOf(kind, runs.length + 1)
    if (!existsSync(join(directory, rows))) return runs
    const run = await readRun(directory, `${kind}-${runs.length + 1}`, scenario)
    const path = join(directory, journal)
    // engines are seen again by their log only
    const lines = generates || existsSync(path) ? (await readText(path)).split('\n') : []
    const kept = { ...run, journal: parseLog(lines, path) }
    if (!generates) runs.push(kept)
    else {
      const name = `${kind}-${runs.length + 1}`
      runs.push({ ...kept, generated: await readGenerated((file) => join(directory, file), name) })
    }
  }
}
