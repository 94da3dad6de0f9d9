import { join } from 'node:path'
import type { Command } from 'commander'
import { comparisonText } from '../../reports/index.ts'
import { EXIT, Failure } from '../../scenarios/index.ts'
import { keptProfile, loadProfile, refuseOtherModels } from '../folders/profile-file.ts'
import { AGAINST_FOLDER, settleRuns } from '../folders/run-folder.ts'
import { compare } from '../jobs/compare.ts'
import { type KeptReplays, keptReplays } from '../jobs/kept-replays.ts'
import { contentsByKey, resolveSystem } from '../jobs/prepare.ts'
import { refuseComparison } from '../jobs/refuse.ts'
import { AGAINST_HELP, type AgainstOptions, prepareSides, withAgainstOptions } from './against.ts'
import { commandLine, implement, replicationsOption } from './command.ts'
import { emit, VERDICT_EXIT } from './output.ts'
import { plotOption, plots } from './plots.ts'
import { withProgress } from './progress.ts'

interface CompareOptions extends AgainstOptions {
  readonly profile?: string
  readonly replications: number
  readonly plot?: boolean
}

const HELP = `${AGAINST_HELP}

Exit code 0 for PASS, 4 for FAIL, 5 for UNDECIDED, 6 if the rows belong to another scenario.

Examples:
  $ spillway compare scenarios/library/yardstick.yaml runs/today
  $ spillway compare scenarios/library/yardstick.yaml runs/two --against-set pools.central.replicas=2`

export function define(command: Command): void {
  command
    .argument('<scenario>', 'the scenario file of the replays')
    .argument('<dir>', 'a folder of `spillway replay --out DIR`')
  withAgainstOptions(command)
    .option('--profile <file>', 'predict from this profile in place of the one in DIR')
    .addOption(replicationsOption('simulations behind the prediction', 10, 40))
    .addOption(plotOption())
  const perform = async (
    signal: AbortSignal,
    path: string,
    directory: string,
    options: CompareOptions,
  ) => {
    const prepared = await prepareSides(path, options, signal)
    refuseComparison(prepared)
    await settleRuns(directory)
    const folders = [directory, join(directory, AGAINST_FOLDER)]
    const kept: KeptReplays[] = []
    for (const [i, side] of prepared.entries()) kept.push(await keptReplays(folders[i]!, side))
    const [first, second] = kept
    if (second !== undefined && second.result.runs !== first!.result.runs) {
      const text = `has ${second.result.runs} replays, but ${directory} has ${first!.result.runs}`
      throw new Failure(`${folders[1]}: ${text}; replay both sides again`, EXIT.notComparable)
    }
    for (const side of prepared) await refuseOtherModels(directory, contentsByKey(side))
    const profile =
      options.profile === undefined
        ? await keptProfile(directory, first!.result)
        : await loadProfile(options.profile)
    const [a, b = null] = prepared.map((side, i) => ({
      ...kept[i]!,
      system: resolveSystem(side, profile),
    }))
    const { replications } = options
    const comparison = await withProgress((onProgress) =>
      compare(a!, b, { replications, command: commandLine(), signal, onProgress }),
    )
    const plotted = plots(options, { measured: first!.result, comparison })
    await emit(options, { comparison }, 'comparison', [comparisonText(comparison), plotted])
    return VERDICT_EXIT[comparison.verdict]
  }
  implement(command, HELP, perform)
}
