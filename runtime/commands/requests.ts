import type { Command } from 'commander'
import { arrivalParts, EXIT, visibleJson } from '../../scenarios/index.ts'
import { resolveSystem } from '../../sim/experiment/index.ts'
import { requestText } from '../../sim/traffic/index.ts'
import { documentText } from '../folders/document-text.ts'
import { replaceFiles } from '../folders/replace-files.ts'
import { prepare } from '../jobs/prepare.ts'
import { profileFor } from '../jobs/load-system.ts'
import { refuseReacting } from '../jobs/refuse.ts'
import { requestsOf } from '../jobs/requests.ts'
import { paused } from '../process/interruption.ts'
import { out } from '../terminal.ts'
import { action, profileOption, type ScenarioOptions, withScenarioOptions } from './command.ts'

interface RequestsOptions extends ScenarioOptions {
  readonly profile?: string
}

/** Whether its rate is a share of the capacity. */
function needsCapacity(part: ReturnType<typeof arrivalParts>[number]): boolean {
  if (part.process === 'closed-loop') return false
  const steps = 'schedule' in part ? (part.schedule ?? []) : []
  return part.load !== undefined || steps.some(({ load }) => load !== undefined)
}

export function define(command: Command): void {
  withScenarioOptions(command.argument('<scenario>', 'a scenario file (YAML)'))
    .addOption(profileOption())
    .addHelpText(
      'after',
      `
The lines go to stdout, or to DIR/requests.jsonl with --out DIR; --json prints their number and hash.

Example:
  $ spillway requests peak.yaml --out today && spillway replay peak.yaml --requests today/requests.jsonl`,
    )
    .action(
      action(async (signal, path: string, options: RequestsOptions) => {
        const prepared = await prepare(path, { ...options, signal })
        refuseReacting(prepared, 'so its requests are not known beforehand')
        const relative = prepared.scenario.traffic
          .flatMap(({ arrivals }) => arrivalParts(arrivals))
          .some(needsCapacity)
        const capacity = relative
          ? resolveSystem(prepared, await profileFor(prepared, options.profile)).capacityRps
          : null
        const list = await requestsOf(prepared, capacity)
        const classes = prepared.scenario.traffic.map((traffic) => traffic.class)
        if (options.out !== undefined) {
          await replaceFiles(options.out, (change) =>
            change.write('requests.jsonl', paused(requestText(list, classes), signal)),
          )
        } else if (options.json !== true) {
          for await (const chunk of paused(requestText(list, classes), signal)) {
            if (!out(visibleJson(chunk))) break
          }
        }
        if (options.json === true || options.out !== undefined) {
          out(documentText({ count: list.count, hash: list.hash() }))
        }
        return EXIT.ok
      }),
    )
}
