import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EXIT, Failure } from '../../../scenarios/index.ts'
import type { Sweep, SweepManifest } from '../../../sim/documents/index.ts'
import { SweepSummary } from '../../../sim/experiment/index.ts'
import { lockFolder } from '../../folders/folder-lock.ts'
import { readManifest, removeManifest, writeManifest } from '../../folders/sweep-folder.ts'
import { JOURNAL_FILE, JournalRows, JournalWriter } from '../../folders/sweep-journal.ts'
import { resultsPieces, type SweepRows } from '../../folders/sweep-results.ts'
import { throwIfAborted } from '../../process/interruption.ts'
import { Unanswered } from '../configurations/queue.ts'
import type { JobOptions } from '../options.ts'
import type { ConfigurationSimulator } from '../simulations/configuration-runs.ts'
import { PartialProgress } from '../simulations/partial-progress.ts'
import { SimulationPool } from '../simulations/simulation-pool.ts'
import { unconfirmedWarnings, withConfirmedAnswer } from './confirm-answer.ts'
import { MissingRows } from './missing-rows.ts'
import { simulateConfiguration } from './simulate-configuration.ts'
import {
  isRowOf,
  numbersOf,
  type PlannedSweep,
  planDifferences,
  planSweep,
  type SweepRequest,
  shardSize,
  shardText,
  sizeOf,
} from './sweep-plan.ts'

export interface SweepOptions extends JobOptions {
  /** keeps plan and rows, so that the sweep can be continued; by default nothing is kept */
  readonly directory?: string | undefined
  /** continues the sweep of `directory`, if it holds one */
  readonly resume?: boolean | undefined
  /** processes, at most one a core, by default that many; no result depends on it */
  readonly workers?: number | undefined
  /** URL of a Valkey or Redis server, whose workers simulate in place of this machine */
  readonly queue?: string | undefined
  /** gets warnings before and during the sweep */
  readonly onWarning?: ((text: string) => void) | undefined
}

/** The results of a complete sweep. */
export interface SweepResult {
  readonly document: Sweep
  /** the table as Parquet, read from the journal as it is written */
  readonly results: AsyncIterable<Uint8Array>
  /** closes the journal, and removes it if nothing is kept */
  close(): Promise<void>
}

/**
 * Simulates every configuration of a grid or list on all cores. Rows are kept in a journal as they
 * are done, so an interrupted sweep loses at most the configurations in progress. Throws `Failure`.
 */
export async function sweep(
  request: SweepRequest,
  options: SweepOptions = {},
): Promise<SweepResult> {
  const { signal, onWarning } = options
  const planned = await planSweep(request, signal)
  const { manifest } = planned
  if (options.directory === undefined && shardSize(manifest) > MOST_UNKEPT) onWarning?.(UNKEPT)
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'spillway-sweep-')))
  const discard = async () => {
    if (options.directory === undefined) await rm(directory, { recursive: true, force: true })
  }
  const lock = await lockFolder(directory, 'writes a sweep there', { signal }).catch(
    async (error) => {
      await discard()
      throw error
    },
  )
  const end = () => lock.release().then(discard)
  try {
    const isNew = await begin(directory, manifest, options.resume === true)
    const path = join(directory, JOURNAL_FILE)
    const missing = new MissingRows(manifest, options.directory)
    const undo = async () => {
      if (isNew) await removeManifest(directory)
    }
    await simulateMissing(planned, path, missing, { ...options, undo })
    const rows = await readJournal(path, manifest, signal)
    try {
      const failure = missing.failure(rows)
      if (failure !== null) throw failure
      const { document: simulated, results } = await resultOf(manifest, () => rows.inOrder())
      const document = await withConfirmedAnswer(planned, simulated, { ...options, directory })
      return { document, results, close: () => rows.close().then(end) }
    } catch (error) {
      await rows.close()
      throw error
    }
  } catch (error) {
    await end()
    throw error
  }
}

/** More configurations than this take long. */
const MOST_UNKEPT = 100
const UNKEPT =
  'nothing is kept without --out DIR: an interrupted sweep begins again, and only the best rows are printed'

/**
 * Writes the plan to a folder, or compares it with the plan that the folder has. Returns whether it
 * was written.
 */
async function begin(directory: string, plan: SweepManifest, resume: boolean): Promise<boolean> {
  // another machine may write it at the same moment: only one of both does
  const before = await readManifest(directory)
  if (before === null && (await writeManifest(directory, plan))) return true
  const kept = before ?? (await readManifest(directory))
  if (kept === null || !resume) {
    throw new Failure(
      `${directory}: holds a sweep; continue it with --resume, or choose another folder with --out`,
    )
  }
  const shard = [kept, plan].map(({ shard: part }) => (part ? shardText(part) : 'none'))
  const shards = shard[0] === shard[1] ? [] : [`--shard: ${shard[0]} there, ${shard[1]} here`]
  const differences = [...planDifferences(kept, plan), ...shards]
  if (differences.length === 0) return false
  throw new Failure(
    [
      ...differences.map((text) => `${directory}: another sweep: ${text}`),
      `${directory}: repeat the command that began it with --resume, or choose another folder with --out`,
    ],
    EXIT.notComparable,
  )
}

async function readJournal(
  path: string,
  plan: SweepManifest,
  signal: AbortSignal | undefined,
): Promise<JournalRows> {
  const rows = new JournalRows(sizeOf(plan), signal)
  try {
    await rows.read(path, isRowOf(plan))
    return rows
  } catch (error) {
    await rows.close()
    throw error
  }
}

async function simulateMissing(
  { manifest, base }: PlannedSweep,
  path: string,
  missing: MissingRows,
  options: SweepOptions & { readonly undo: () => Promise<void> },
): Promise<void> {
  const { signal, onProgress, onWarning } = options
  const kept = await readJournal(path, manifest, signal)
  await kept.close()
  if (kept.refused > 0) onWarning?.(refusedRows(path, kept.refused))
  const of = shardSize(manifest)
  if (kept.settled === of) return
  // a queue that is misspelt must not keep the folder from the corrected command
  const pool = await openPool(base, options).catch(async (error: unknown) => {
    await options.undo()
    throw error
  })
  const journal = await JournalWriter.open(path).catch(async (error: unknown) => {
    await pool.close()
    throw error
  })
  const numbers = numbersOf(manifest)
  let left = of - kept.settled
  let warned = false
  const progress = new PartialProgress()
  const show = () => onProgress?.('simulating configurations', kept.settled + progress.done, of)
  const work = async () => {
    for (const number of numbers) {
      if (kept.isSettled(number)) continue
      throwIfAborted(signal)
      const onShare = (share: number) => {
        progress.part(number, share)
        show()
      }
      const last = left-- < pool.workers
      const simulated = simulateConfiguration(pool, manifest, number, { onShare, last })
      const row = await simulated.catch((error: unknown) => {
        if (!(error instanceof Unanswered)) throw error
        missing.add(number, error)
        return null
      })
      if (row === null) continue
      await journal.add(row)
      progress.ended(number)
      show()
      if (row.reason === null || warned) continue
      warned = true
      onWarning?.(`configuration ${number} becomes a row without figures: ${row.reason}`)
    }
  }
  show()
  try {
    // a process has its next configuration while the row of its last one is synced
    await Promise.all(Array.from({ length: 2 * pool.workers }, work))
  } finally {
    await pool.close()
    await journal.close()
  }
}

/** Rows that are not of the plan of a folder, such as those that were copied there. */
export const refusedRows = (path: string, count: number) =>
  `${path}: ${count} ${count === 1 ? 'row is' : 'rows are'} of another plan and ${count === 1 ? 'does' : 'do'} not count`

/** Processes of this machine, or the workers of a queue. */
async function openPool(
  base: PlannedSweep['base'],
  { queue, workers, signal, onWarning }: SweepOptions,
): Promise<ConfigurationSimulator> {
  if (queue === undefined) return new SimulationPool({ base, workers, signal })
  // BullMQ takes a tenth of a second to load
  const { QueuePool } = await import('../configurations/queue-pool.ts')
  const pool = await QueuePool.open(queue, base, { signal, onWarning })
  await pool.warnOfNoWorker()
  return pool
}

/** Document and table of the rows. */
export async function resultOf(
  plan: SweepManifest,
  rows: SweepRows,
): Promise<Pick<SweepResult, 'document' | 'results'>> {
  const summary = new SweepSummary(plan.figure)
  let isUncertain = false
  for await (const row of rows()) {
    summary.add(row)
    isUncertain ||= row.uncertain === true
  }
  const { document: _, points: __, ...head } = plan
  const summarised = summary.result()
  const warnings = isUncertain && { warnings: unconfirmedWarnings(summarised) }
  const document: Sweep = { document: 'spillway-sweep', ...head, ...summarised, ...warnings }
  return { document, results: resultsPieces(plan, rows) }
}
