import type { Command } from 'commander'
import { resultText } from '../../reports/index.ts'
import { EXIT } from '../../scenarios/index.ts'
import { resolveSystem } from '../../sim/experiment/index.ts'
import type { FolderChange } from '../folders/replace-files.ts'
import { dropInputs, dropRuns, keepRuns } from '../folders/run-folder.ts'
import { writableFolder } from '../folders/write-whole.ts'
import { prepare, type System } from '../jobs/prepare.ts'
import { profileFor } from '../jobs/load-system.ts'
import { refuseManyRows, simulate, simulateRows } from '../jobs/simulate.ts'
import { pause } from '../process/interruption.ts'
import {
  action,
  profileOption,
  refuseWithoutOut,
  replicationsOption,
  type ScenarioOptions,
  warn,
  wholeNumber,
  withScenarioOptions,
} from './command.ts'
import { emit } from './output.ts'
import { ProgressDisplay } from './progress.ts'

interface SimulateOptions extends ScenarioOptions {
  readonly profile?: string
  readonly replications: number
  readonly workers?: number
  readonly requests?: string
  readonly keepRows?: boolean
}

export function define(command: Command): void {
  withScenarioOptions(command.argument('<scenario>', 'a scenario file (YAML)'))
    .addOption(profileOption())
    .addOption(replicationsOption('independent runs behind each interval', 1, 10))
    .option(
      '--workers <n>',
      'threads, at most one a core; the result does not depend on it',
      wholeNumber(1),
    )
    .option('--requests <file>', 'use these requests (of `spillway requests`) in every replication')
    .option('--keep-rows', 'keep raw rows and journal of the first replication (needs --out)')
    .addHelpText(
      'after',
      `
Examples:
  $ spillway simulate scenarios/library/payment-peak.yaml
  $ spillway simulate peak.yaml --set pools.central.replicas=2 --json > result.json
  $ spillway simulate peak.yaml --keep-rows --out today && spillway audit today`,
    )
    .action(
      action(async (signal, path: string, options: SimulateOptions) => {
        refuseWithoutOut('keepRows', options)
        const prepared = await prepare(path, { ...options, signal })
        const system = resolveSystem(prepared, await profileFor(prepared, options.profile))
        if (options.keepRows === true && options.requests === undefined) refuseManyRows(system)
        if (options.out !== undefined) await writableFolder(options.out)
        const progress = new ProgressDisplay()
        const result = await simulate(system, {
          replications: options.replications,
          workers: options.workers,
          requestsFile: options.requests,
          signal,
          onProgress: progress.update,
          onWarning: warn,
        })
        progress.stop()
        await emit(
          options,
          { simulated: result },
          'simulated',
          resultText(result),
          async (change) => {
            await dropRuns(change, 'replication')
            const replayed = (await change.names()).some((name) =>
              /^replay-\d+\.parquet$/.test(name),
            )
            if (!replayed) dropInputs(change)
            if (options.keepRows === true) {
              await keepFirst(change, system, options.requests, signal)
            }
            await pause(signal)
          },
        )
        return result.objectives.some(({ verdict }) => verdict === 'FAIL') ? EXIT.failed : EXIT.ok
      }),
    )
}

/** Keeps replication 0, so that it can be audited. */
async function keepFirst(
  change: FolderChange,
  system: System,
  requestsFile: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { scenario, activations } = system
  const kept = await simulateRows(system, requestsFile, signal)
  await keepRuns(change, 'replication', { scenario, activations, ...kept, signal })
}
