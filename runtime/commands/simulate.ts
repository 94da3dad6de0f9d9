import { type Command, Option } from 'commander'
import { resultText } from '../../reports/index.ts'
import { dropInputs, dropRuns, keepRuns } from '../folders/run-folder.ts'
import { writableFolder } from '../folders/write-whole.ts'
import { noteChangedRates } from '../jobs/changed-rates.ts'
import { headroom } from '../jobs/headroom.ts'
import { loadSystem } from '../jobs/prepare.ts'
import { refuseCrowd, simulate, simulateRows } from '../jobs/simulate.ts'
import { withWarmup } from '../jobs/steady-warmup.ts'
import { pause } from '../process/interruption.ts'
import {
  implement,
  KEPT_ROWS,
  note,
  precisionOption,
  profileOption,
  refuseWithoutOut,
  replicationsOption,
  type ScenarioOptions,
  scenarioFile,
  warmupOption,
  wholeNumber,
  withScenarioOptions,
} from './command.ts'
import { emit, objectivesExit } from './output.ts'
import { plotOption, plots } from './plots.ts'
import { withProgress } from './progress.ts'

interface SimulateOptions extends ScenarioOptions {
  readonly profile?: string
  readonly replications: number
  readonly precision?: number
  readonly warmup?: 'auto'
  readonly workers?: number
  readonly requests?: string
  readonly keepRows?: boolean
  readonly headroom?: boolean
  readonly plot?: boolean
}

const HELP = `
${KEPT_ROWS}

Examples:
  $ spillway simulate payment-peak
  $ spillway simulate peak.yaml --set pools.central.replicas=2 --json > result.json
  $ spillway simulate peak.yaml --headroom
  $ spillway simulate peak.yaml --precision 2% --warmup auto
  $ spillway simulate peak.yaml --keep-rows --out today && spillway audit today`

export function define(command: Command): void {
  withScenarioOptions(scenarioFile(command), 'simulated.json')
    .addOption(profileOption())
    .addOption(replicationsOption('interval', 1))
    .addOption(precisionOption())
    .addOption(warmupOption())
    .option(
      '--workers <n>',
      'threads, at most one for each core; the result does not depend on it',
      wholeNumber(1),
    )
    .addOption(
      new Option(
        '--requests <file>',
        'use these requests (of `spillway requests`) in every replication',
      ).conflicts('headroom'),
    )
    .option('--headroom', 'how much more traffic passes every objective; some ten times the work')
    .addOption(plotOption())
    .option('--keep-rows', 'keep raw rows and decision log of the first replication (needs --out)')
  implement(command, HELP, async (signal, path: string, options: SimulateOptions) => {
    const { replications, precision, workers, requests: requestsFile, keepRows, out } = options
    refuseWithoutOut('--keep-rows', keepRows, options)
    const set = await withProgress((onProgress) =>
      withWarmup(path, options, { signal, onProgress, onNote: note }),
    )
    const system = await loadSystem(path, { ...options, set, signal, onNote: note })
    if (requestsFile === undefined) {
      await noteChangedRates(path, system, { ...options, signal, onNote: note })
    }
    // all rows of a replication are held in memory
    const held = keepRows === true && requestsFile === undefined
    if (held) refuseCrowd(system, system.capacityRps, true)
    if (out !== undefined) await writableFolder(out)
    const result = await withProgress(async (onProgress, { warn: onWarning }) => {
      const job = { replications, workers, requestsFile, signal, onProgress }
      const found = await simulate(system, { ...job, precision, onWarning, oracle: true })
      if (options.headroom !== true) return found
      return { ...found, headroom: await headroom(system, found, job) }
    })
    const documents = { simulated: result }
    const text = [resultText(result), plots(options, documents)]
    await emit(options, documents, 'simulated', text, async (change) => {
      await dropRuns(change, 'replication')
      const names = await change.names()
      if (!names.some((name) => /^replay-\d+\.parquet$/.test(name))) dropInputs(change)
      if (keepRows === true) {
        const { scenario, activations } = system
        const kept = await simulateRows(system, requestsFile, signal)
        await keepRuns(change, 'replication', { scenario, activations, ...kept, signal })
      }
      await pause(signal)
    })
    return objectivesExit(result)
  })
}
