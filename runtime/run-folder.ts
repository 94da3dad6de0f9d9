import { existsSync, statSync } from 'node:fs'
import { readdir, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type ZodType, z } from 'zod'
import { Failure, type Scenario, scenarioSchema } from '../scenarios/index.ts'
import type { ObservedRun } from '../sim/experiment/index.ts'
import { type ActivationPlan, activationPlanSchema } from '../sim/memory/index.ts'
import { journalLines, parseJournal } from '../sim/serving/index.ts'
import { type Result, resultSchema } from '../sim/stats/index.ts'
import { parseRequests, type RequestList, requestText } from '../sim/traffic/index.ts'
import { parseJson, readText } from './prepare.ts'
import { readRows, writeRows } from './rows-file.ts'
import { writeWhole } from './write-whole.ts'

/** Which world's rows: `replay-N.parquet` are measured, `replication-N.parquet` simulated. */
export type RunKind = 'replay' | 'replication'

/** What batches of each pool do with memory, by which the control plane reckons. */
const ACTIVATIONS_FILE = 'activations.json'

/** What arenas did with the batches of the first replay. */
export const ARENA_FILE = 'memory.json'

/** A run with what its control plane was told; an empty journal where none was kept. */
export type KeptRun = ObservedRun & { readonly journal: Float64Array }

/**
 * Keeps what comparisons and audits need: the scenario with every default in place, the requests,
 * and raw rows and journal of every run. What the folder held of such runs before goes; those of
 * the other world stay where they are of the same scenario and requests.
 */
export async function keepRuns(
  directory: string,
  kind: RunKind,
  kept: {
    readonly scenario: Scenario
    readonly requests: RequestList
    readonly runs: readonly KeptRun[]
    /** of each pool, as a profile or the scenario tells; none where memory does not count */
    readonly activations?: readonly (ActivationPlan | null)[]
  },
): Promise<void> {
  const { scenario, requests, runs, activations = [] } = kept
  const classes = scenario.traffic.map((traffic) => traffic.class)
  await keepInput(directory, kind, 'scenario.json', `${JSON.stringify(scenario, null, 2)}\n`)
  await keepInput(directory, kind, 'requests.jsonl', [...requestText(requests, classes)].join(''))
  const known = activations.some((own) => own !== null)
  if (known) await keepInput(directory, kind, ACTIVATIONS_FILE, `${JSON.stringify(activations)}\n`)
  else await rm(join(directory, ACTIVATIONS_FILE), { force: true })
  const written = new Set<string>()
  for (const [i, run] of runs.entries()) {
    const { rows, journal } = filesOf(kind, i + 1)
    await writeRows(join(directory, rows), run)
    written.add(rows)
    if (run.journal.length === 0) continue
    await writeWhole(join(directory, journal), [...journalLines(run.journal)].join(''))
    written.add(journal)
  }
  await dropRuns(directory, kind, written)
}

async function keepInput(directory: string, kind: RunKind, name: string, text: string) {
  const path = join(directory, name)
  const changed = existsSync(path) && (await readText(path)) !== text
  if (changed) await dropRuns(directory, kind === 'replay' ? 'replication' : 'replay')
  await writeWhole(path, text)
}

/** Removes the rows and journals of a kind, but for files of these names. */
export async function dropRuns(
  directory: string,
  kind: RunKind,
  but: ReadonlySet<string> = new Set(),
): Promise<void> {
  const own = new RegExp(`^${kind}-\\d+\\.(parquet|journal\\.jsonl)$`)
  for (const name of await readdir(directory)) {
    if (own.test(name) && !but.has(name)) await rm(join(directory, name))
  }
}

const OF_REPLAYS = [
  ...['scenario.json', 'requests.jsonl', 'measured.json'],
  ...[ACTIVATIONS_FILE, ARENA_FILE],
]

/** Removes replays with all that was kept beside them. A folder that holds anything else stays. */
export async function dropReplayFolder(directory: string): Promise<void> {
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true) return
  await dropRuns(directory, 'replay')
  for (const name of OF_REPLAYS) {
    await rm(join(directory, name), { force: true })
  }
  if ((await readdir(directory)).length === 0) await rmdir(directory)
}

const filesOf = (kind: RunKind, number: number) => ({
  rows: `${kind}-${number}.parquet`,
  journal: `${kind}-${number}.journal.jsonl`,
})

/** The scenario that a folder's rows were made under. Throws `Failure` where there is none. */
export async function readScenario(directory: string): Promise<Scenario> {
  const path = join(directory, 'scenario.json')
  const parsed = scenarioSchema.safeParse(parseJson(path, await readText(path)))
  if (parsed.success) return parsed.data
  throw new Failure(`${path}: not a scenario of this version`)
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
  const issue = parsed.error.issues[0]
  throw new Failure(`${path} ${issue?.path.join('.')}: ${issue?.message}`)
}

/** The measured result in a folder. */
export async function readMeasured(directory: string): Promise<Result> {
  const measured = await readDocument(directory, 'measured', resultSchema)
  if (measured !== null) return measured
  throw new Failure(`${join(directory, 'measured.json')}: no such file`)
}

/** Runs 1, 2, … of a kind, as far as the folder has them. */
export async function readRuns(directory: string, kind: RunKind): Promise<KeptRun[]> {
  const runs: KeptRun[] = []
  for (;;) {
    const { rows, journal } = filesOf(kind, runs.length + 1)
    if (!existsSync(join(directory, rows))) return runs
    const run = await readRows(join(directory, rows))
    const path = join(directory, journal)
    const lines = existsSync(path) ? (await readText(path)).split('\n') : []
    runs.push({ ...run, journal: parseJournal(lines, path) })
  }
}
