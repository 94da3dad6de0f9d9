import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline, Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import { type TimelineCounts, timelineOf } from '../../reports/index.ts'
import { clientSide, EXIT, Failure, hashOf, nearest, type Scenario } from '../../scenarios/index.ts'
import { arenaSchema } from '../../sim/documents/index.ts'
import type { ObservedRun } from '../../sim/experiment/index.ts'
import { replaceFiles } from '../folders/replace-files.ts'
import {
  ARENA_FILE,
  readActivations,
  readDocument,
  readRun,
  readScenario,
  runNames,
  SCENARIO_FILE,
  settleRuns,
  timelineFile,
} from '../folders/run-folder.ts'
import { writableFolder } from '../folders/write-whole.ts'
import { paused } from '../process/interruption.ts'
import { build } from '../version.ts'
import { withoutRows } from './audit.ts'
import type { JobOptions } from './options.ts'

/** The replay that is observed again for its arenas. */
const OBSERVED = 'replay-1'

export interface TimelineOptions extends JobOptions {
  /** such as `replication-1`; default: the first replay, or else the first replication */
  readonly run?: string | undefined
  /** the part of the run, s; default: all of it */
  readonly fromS?: number | undefined
  readonly toS?: number | undefined
  /** arrows from arrivals to batches */
  readonly flows?: boolean | undefined
  /** plain JSON in place of gzip */
  readonly plain?: boolean | undefined
  /** folder of the file; default: that of the rows */
  readonly out?: string | undefined
}

/** What was written. */
export interface WrittenTimeline {
  readonly written: string
  readonly bytes: number
  readonly run: string
  readonly requests: number
  readonly counts: TimelineCounts
}

/** Writes the timeline of a kept run in the Trace Event Format, piece by piece. */
export async function timeline(
  directory: string,
  { run: asked, fromS, toS, flows = false, plain = false, out, signal }: TimelineOptions = {},
): Promise<WrittenTimeline> {
  if (fromS !== undefined && toS !== undefined && fromS >= toS) {
    throw new Failure(`--from-s ${fromS}: is not before --to-s ${toS}`, EXIT.usage)
  }
  await settleRuns(directory)
  if (!existsSync(join(directory, SCENARIO_FILE))) throw withoutRows(directory)
  const name = chosenRun(directory, asked)
  const kept = await readScenario(directory)
  const scenario = name.startsWith('replay') ? clientSide(kept) : kept
  const run = await readRun(directory, name, scenario)
  const { count } = run.rows
  refuseStrangeBatches(join(directory, `${name}.parquet`), run)
  const { version, commit } = build()
  const drawn = timelineOf(
    {
      scenario,
      run,
      flows,
      window: { fromMs: inMs(fromS), toMs: inMs(toS) },
      activations: await readActivations(directory),
      observed: name === OBSERVED ? await observedArenas(directory, scenario) : [],
    },
    {
      made_by: `spillway ${version}`,
      commit,
      scenario: scenario.name,
      scenario_hash: hashOf(kept),
      seed: scenario.seed,
      run: name,
    },
  )
  const folder = out ?? directory
  const file = timelineFile(name, !plain)
  const pieces = paused(drawn.pieces, signal)
  const undo = await writableFolder(folder)
  const content = plain ? pieces : compressed(pieces)
  await replaceFiles(folder, (change) => change.write(file, content)).catch(undo)
  const written = join(folder, file)
  const { size: bytes } = await stat(written)
  return { written, bytes, run: name, requests: count, counts: drawn.counts }
}

const inMs = (s: number | undefined) => (s === undefined ? null : 1000 * s)

function chosenRun(directory: string, asked: string | undefined): string {
  const names = runNames(directory)
  if (names.length === 0) throw withoutRows(directory)
  if (asked === undefined) return names[0]!
  if (names.includes(asked)) return asked
  const near = nearest(asked, names)
  const hint = near === null ? '' : `; did you mean ${near}?`
  const listed = names.length > 8 ? `${names.slice(0, 8).join(', ')}, …` : names.join(', ')
  throw new Failure(`--run ${asked}: ${directory} has rows of ${listed} only${hint}`, EXIT.usage)
}

/** Batches are numbered from 0, and each has a request. */
function refuseStrangeBatches(path: string, { rows: { columns, count } }: ObservedRun): void {
  const strange = columns.batch.findIndex((number) => number >= count)
  if (strange < 0) return
  const text = `expected a number below ${count}, got ${columns.batch[strange]}`
  throw new Failure(`${path} row ${strange}, batch: ${text}; run the scenario again`)
}

/** Arenas of the scenario's first replay; none where they were not observed. */
async function observedArenas(directory: string, scenario: Scenario) {
  const arena = await readDocument(directory, 'memory', arenaSchema)
  if (arena === null) return []
  if (arena.scenario.hash === hashOf(scenario)) return arena.replicas
  const here = `${directory}/${SCENARIO_FILE} is ${hashOf(scenario)}`
  throw new Failure(
    `${join(directory, ARENA_FILE)}: is of scenario ${arena.scenario.hash}, but ${here}`,
  )
}

function compressed(pieces: AsyncIterable<string>): AsyncIterable<Uint8Array> {
  const gzip = createGzip()
  // an error of the pieces ends the stream that is read, and is thrown there
  return pipeline(Readable.from(pieces), gzip, () => {})
}
