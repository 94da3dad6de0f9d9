import type { Command } from 'commander'
import { EXIT, visibleJson } from '../../scenarios/index.ts'
import { requestText } from '../../sim/traffic/index.ts'
import { documentText } from '../folders/documents.ts'
import { replaceFiles } from '../folders/replace-files.ts'
import { needsCapacity, noteChangedRates } from '../jobs/changed-rates.ts'
import { prepare, profileFor, resolveSystem } from '../jobs/prepare.ts'
import { refuseReacting } from '../jobs/refuse.ts'
import { requestsOf } from '../jobs/requests.ts'
import { paused } from '../process/interruption.ts'
import { out } from '../terminal.ts'
import {
  implement,
  note,
  profileOption,
  type ScenarioOptions,
  scenarioFile,
  withScenarioOptions,
} from './command.ts'

interface RequestsOptions extends ScenarioOptions {
  readonly profile?: string
}

const HELP = `
--json prints only their number and hash.

Example:
  $ spillway requests peak.yaml --out today && spillway replay peak.yaml --requests today/requests.jsonl`

export function define(command: Command): void {
  withScenarioOptions(scenarioFile(command), 'requests.jsonl', 'they go to stdout').addOption(
    profileOption(),
  )
  implement(command, HELP, async (signal, path: string, options: RequestsOptions) => {
    const prepared = await prepare(path, { ...options, signal, onNote: note })
    refuseReacting(prepared)
    const { traffic } = prepared.scenario
    const system = traffic.some(needsCapacity)
      ? resolveSystem(prepared, await profileFor(prepared, options.profile))
      : null
    if (system !== null) await noteChangedRates(path, system, { ...options, signal, onNote: note })
    const list = await requestsOf(prepared, system === null ? null : system.capacityRps)
    const classes = traffic.map(({ class: name }) => name)
    const text = paused(requestText(list, classes), signal)
    if (options.out !== undefined) {
      await replaceFiles(options.out, (change) => change.write('requests.jsonl', text))
    } else if (options.json !== true) {
      for await (const chunk of text) {
        if (!out(visibleJson(chunk))) break
      }
    }
    if (options.json === true || options.out !== undefined) {
      out(documentText({ count: list.count, hash: list.hash() }))
    }
    return EXIT.ok
  })
}
