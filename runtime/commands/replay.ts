import type { Command } from 'commander'
import { resultText } from '../../reports/index.ts'
import { EXIT } from '../../scenarios/index.ts'
import { resolveSystem } from '../../sim/experiment/index.ts'
import { documentText } from '../folders/document-text.ts'
import { writableFolder } from '../folders/write-whole.ts'
import { prepare } from '../jobs/prepare.ts'
import { profileFor } from '../jobs/load-system.ts'
import { refuseLive } from '../jobs/refuse.ts'
import { replay } from '../jobs/replay.ts'
import { dropReplays, keepReplays } from '../jobs/replay-folder.ts'
import { AGAINST_HELP, type AgainstOptions, prepareAgainst, withAgainstOptions } from './against.ts'
import {
  action,
  profileOption,
  refuseWithoutOut,
  type ScenarioOptions,
  wholeNumber,
  withScenarioOptions,
} from './command.ts'
import { emit } from './output.ts'
import { ProgressDisplay } from './progress.ts'

interface ReplayOptions extends ScenarioOptions, AgainstOptions {
  readonly profile?: string
  readonly replays: number
  readonly requests?: string
  readonly journal?: boolean
}

export function define(command: Command): void {
  withAgainstOptions(withScenarioOptions(command.argument('<scenario>', 'a scenario file (YAML)')))
    .addOption(profileOption())
    .option('--replays <n>', 'how often the same requests are replayed', wholeNumber(1), 3)
    .option('--requests <file>', 'replay these requests (of `spillway requests`)')
    .option('--journal', 'write what the control plane was told to DIR (needs --out)')
    .addHelpText(
      'after',
      `
With --out DIR the raw rows are kept, and the profile, so that \`spillway compare\` can use them. Loads are resolved by
the profile's capacity.
${AGAINST_HELP}

Examples:
  $ spillway replay scenarios/library/yardstick.yaml --replays 3 --out runs/today
  $ spillway replay scenarios/library/yardstick.yaml --against-set pools.central.replicas=2 --out runs/two`,
    )
    .action(
      action(async (signal, path: string, options: ReplayOptions) => {
        refuseWithoutOut('journal', options)
        const prepared = await prepare(path, { ...options, signal })
        const against = await prepareAgainst(prepared, path, options)
        const profile = await profileFor(prepared, options.profile)
        if (options.out !== undefined) await writableFolder(options.out)
        const progress = new ProgressDisplay()
        refuseLive([prepared, ...(against === null ? [] : [against])])
        const system = resolveSystem(prepared, profile)
        const second = against === null ? [] : [resolveSystem(against, profile)]
        const sides = await replay([system, ...second], {
          replays: options.replays,
          requestsFile: options.requests,
          journal: options.journal,
          signal,
          onProgress: progress.update,
        })
        progress.stop()
        const { result } = sides[0]!
        const text = sides.map((side) => resultText(side.result)).join('\n\n')
        await emit(options, { measured: result }, 'measured', text, async (change) => {
          await dropReplays(change)
          await keepReplays(change, sides, signal)
          if (profile !== null) await change.write('profile.json', documentText(profile))
        })
        return result.objectives.some(({ verdict }) => verdict === 'FAIL') ? EXIT.failed : EXIT.ok
      }),
    )
}
