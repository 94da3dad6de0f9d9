import { join } from 'node:path'
import type { Command } from 'commander'
import { comparisonText } from '../../reports/index.ts'
import { EXIT, type ExitCode, Failure } from '../../scenarios/index.ts'
import type { Verdict } from '../../sim/documents/index.ts'
import { resolveSystem } from '../../sim/experiment/index.ts'
import { keptProfile, loadProfile, refuseOtherModels } from '../folders/profile-file.ts'
import { AGAINST_FOLDER, settleRuns } from '../folders/run-folder.ts'
import { compare } from '../jobs/compare.ts'
import { keptReplays } from '../jobs/kept-replays.ts'
import { contentsByKey, prepare } from '../jobs/prepare.ts'
import { refuseComparison } from '../jobs/refuse.ts'
import { AGAINST_HELP, type AgainstOptions, prepareAgainst, withAgainstOptions } from './against.ts'
import {
  action,
  commandLine,
  replicationsOption,
  type ScenarioOptions,
  withScenarioOptions,
} from './command.ts'
import { emit } from './output.ts'
import { ProgressDisplay } from './progress.ts'

interface CompareOptions extends ScenarioOptions, AgainstOptions {
  readonly profile?: string
  readonly replications: number
}

/** How verdicts end a command whose purpose is a verdict. */
const VERDICT_EXIT: Readonly<Record<Verdict, ExitCode>> = {
  PASS: EXIT.ok,
  FAIL: EXIT.failed,
  UNDECIDED: EXIT.undecided,
}

export function define(command: Command): void {
  withAgainstOptions(
    withScenarioOptions(
      command
        .argument('<scenario>', 'the scenario file that was replayed')
        .argument('<dir>', 'where `spillway replay --out DIR` left its rows'),
    ),
  )
    .option('--profile <file>', 'predict by this profile in place of the one kept in DIR')
    .addOption(replicationsOption('simulations behind the prediction', 10, 40))
    .addHelpText(
      'after',
      `${AGAINST_HELP}

Exit code 0 on PASS, 4 on FAIL, 5 on UNDECIDED, 6 where the rows belong to another scenario.

Examples:
  $ spillway compare scenarios/library/yardstick.yaml runs/today
  $ spillway compare scenarios/library/yardstick.yaml runs/two --against-set pools.central.replicas=2`,
    )
    .action(
      action(async (signal, path: string, directory: string, options: CompareOptions) => {
        const prepared = await prepare(path, { ...options, signal })
        const against = await prepareAgainst(prepared, path, options)
        refuseComparison([prepared, ...(against === null ? [] : [against])])
        await settleRuns(directory)
        const first = await keptReplays(directory, prepared)
        const folder = join(directory, AGAINST_FOLDER)
        const second = against && { prepared: against, kept: await keptReplays(folder, against) }
        if (second !== null && second.kept.result.runs !== first.result.runs) {
          throw new Failure(`${folder}: has other rounds than ${directory}`, EXIT.notComparable)
        }
        for (const side of against === null ? [prepared] : [prepared, against]) {
          await refuseOtherModels(directory, contentsByKey(side))
        }
        const profile =
          options.profile === undefined
            ? await keptProfile(directory, first.result)
            : await loadProfile(options.profile)
        const progress = new ProgressDisplay()
        const comparison = await compare(
          { ...first, system: resolveSystem(prepared, profile) },
          second && { ...second.kept, system: resolveSystem(second.prepared, profile) },
          {
            replications: options.replications,
            command: commandLine(),
            signal,
            onProgress: progress.update,
          },
        )
        progress.stop()
        await emit(options, { comparison }, 'comparison', comparisonText(comparison))
        return VERDICT_EXIT[comparison.verdict]
      }),
    )
}
