import { EXIT, type ExitCode, type LoadedScenario, visibleJson } from '../../scenarios/index.ts'
import { hasLoad, requestText } from '../../sim/traffic/index.ts'
import { note, type ScenarioOptions } from '../commands/command.ts'
import { documentText } from '../folders/documents.ts'
import { replaceFiles } from '../folders/replace-files.ts'
import { noteChangedRates } from '../jobs/changed-rates.ts'
import { prepare, profileFor, resolveSystem } from '../jobs/prepare.ts'
import { refuseReacting } from '../jobs/refuse.ts'
import { requestsOf } from '../jobs/requests.ts'
import { paused } from '../process/interruption.ts'
import { out } from '../terminal.ts'

interface RequestsOptions extends ScenarioOptions {
  readonly profile?: string
}

export async function perform(
  signal: AbortSignal,
  loaded: LoadedScenario,
  options: RequestsOptions,
): Promise<ExitCode> {
  const { file: path } = loaded
  const prepared = await prepare(loaded, { ...options, signal, onNote: note })
  refuseReacting(prepared)
  const { traffic } = prepared.scenario
  const system = traffic.some(({ arrivals }) => hasLoad(arrivals))
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
}
