import { join } from 'node:path'
import { reportHtml, resultText } from '../../reports/index.ts'
import { type ExitCode, Failure, type LoadedScenario, visibleLine } from '../../scenarios/index.ts'
import type { Result } from '../../sim/documents/index.ts'
import { commandLine, note, refuseWithoutOut, type ScenarioOptions } from '../commands/command.ts'
import { withProgress } from '../commands/progress.ts'
import { resultKind } from '../documents/result.ts'
import type { FolderChange } from '../folders/replace-files.ts'
import { rowsProblem } from '../folders/rows-problem.ts'
import { dropInputs, dropRuns, keepRuns } from '../folders/run-folder.ts'
import { writableFolder } from '../folders/write-whole.ts'
import { noteChangedRates } from '../jobs/changed-rates.ts'
import { headroom } from '../jobs/headroom.ts'
import { loadSystem } from '../jobs/prepare.ts'
import { refuseCrowd, simulate, simulateRows } from '../jobs/simulate.ts'
import { withWarmup } from '../jobs/steady-warmup.ts'
import { withUncertainInputs } from '../jobs/uncertainty.ts'
import { pause } from '../process/interruption.ts'
import { emit, type FailOn, failingOn, PAGE_FILE } from './output.ts'
import { plots } from './plots.ts'

interface SimulateOptions extends ScenarioOptions {
  readonly profile?: string
  readonly replications: number
  readonly precision?: number
  readonly warmup?: 'auto'
  readonly workers?: number
  readonly requests?: string
  readonly keepRows?: boolean
  readonly headroom?: boolean
  readonly failOn: FailOn
  readonly plot?: boolean
}

const NOT_READ = '--keep-rows: no command would read the rows of this run'
const SHORTER =
  'bound what waits, by queue.max_length or queue.timeout_ms, or leave out --keep-rows'

/** Of this result alone: a page with a measured result of the folder is for `report`. */
async function drawPage(change: FolderChange, simulated: Result): Promise<void> {
  const others = { measured: null, comparison: null, against: null }
  await change.write(PAGE_FILE, await reportHtml({ simulated, ...others, command: commandLine() }))
}

export async function perform(
  signal: AbortSignal,
  loaded: LoadedScenario,
  options: SimulateOptions,
): Promise<ExitCode> {
  const { file: path } = loaded
  const { replications, precision, workers, requests: requestsFile, keepRows, out } = options
  refuseWithoutOut('--keep-rows', keepRows, options)
  const set = await withProgress((onProgress) =>
    withWarmup(path, options, { signal, onProgress, onNote: note }),
  )
  // the warm-up that was found is one more override
  const source = options.warmup === undefined ? loaded : path
  const system = await withProgress((onProgress) =>
    loadSystem(source, { ...options, set, signal, onNote: note, onProgress }),
  )
  if (requestsFile === undefined) {
    await noteChangedRates(path, system, { ...options, signal, onNote: note })
  }
  // all rows of a replication are held in memory
  const held = keepRows === true && requestsFile === undefined
  if (held) refuseCrowd(system, system.capacityRps, true)
  if (out !== undefined) await writableFolder(out)
  const result = await withProgress(async (onProgress, { warn: onWarning }) => {
    const job = { replications, workers, requestsFile, signal, onProgress }
    const stated = await simulate(system, { ...job, precision, onWarning, oracle: true })
    // requests of a file are drawn by no input
    const given = requestsFile !== undefined
    const simulated = given ? stated : await withUncertainInputs(system, stated, job)
    if (options.headroom !== true) return simulated
    return { ...simulated, headroom: await headroom(system, simulated.objectives, job) }
  })
  const text = [resultText(result), plots(options, { simulated: result })]
  if (out !== undefined) text.push(`\n\nreport: ${visibleLine(join(out, PAGE_FILE))}`)
  const stage = async (change: FolderChange) => {
    await drawPage(change, result)
    await dropRuns(change, 'replication')
    const names = await change.names()
    if (!names.some((name) => /^replay-\d+\.parquet$/.test(name))) dropInputs(change)
    if (keepRows === true) {
      const { scenario, activations } = system
      const kept = await withProgress((onProgress) =>
        simulateRows(system, requestsFile, { signal, onProgress }),
      )
      const problem = rowsProblem(kept.runs[0]!, scenario)
      if (problem !== null) throw new Failure(`${path}: ${NOT_READ}: ${problem}; ${SHORTER}`)
      await keepRuns(change, 'replication', { scenario, activations, ...kept, signal })
    }
    await pause(signal)
  }
  const emitted = { file: 'simulated', text, stage }
  return failingOn(options.failOn, await emit(options, resultKind, result, emitted))
}
