import type { Command } from 'commander'
import { alignColumns } from '../../reports/index.ts'
import {
  arrivalParts,
  EXIT,
  loadScenario,
  type Scenario,
  shippedNames,
  shippedText,
} from '../../scenarios/index.ts'
import { out } from '../terminal.ts'
import { implement, withJson } from './command.ts'
import { print } from './output.ts'

const HELP = `
Every command that takes a scenario file takes such a name as well. A file of that name in the working folder comes first.
Relative paths of a shipped scenario, such as that of a trace, start at the working folder.

Needs: a profile has the times of its models; without one of this machine (\`spillway calibrate NAME\`), the shipped profile
of another machine is used. Its description says where to get a trace or a package.

Examples:
  $ spillway scenarios
  $ spillway simulate payment-peak
  $ spillway scenarios show payment-peak > mine.yaml`

const SHOW_HELP = `
Save it anywhere: what it extends and its schema for editors are found from there.

Example:
  $ spillway scenarios show payment-peak > mine.yaml && spillway simulate mine.yaml`

export function define(command: Command): void {
  withJson(command)
  implement(command, HELP, async (_signal, options: { readonly json?: boolean }) => {
    const scenarios: ShippedScenario[] = []
    for (const name of shippedNames())
      scenarios.push(summaryOf((await loadScenario(name)).scenario))
    print(options, { scenarios }, tableOf(scenarios))
    return EXIT.ok
  })
  const show = command
    .command('show')
    .copyInheritedSettings(command)
    .description('Print a shipped scenario, to save and change')
    .argument('<name>', 'a name of `spillway scenarios`')
  implement(show, SHOW_HELP, async (_signal, name: string) => {
    out(shippedText(name))
    return EXIT.ok
  })
}

interface ShippedScenario {
  readonly name: string
  readonly description: string
  readonly duration_s: number
  /** what a simulation of it takes from outside of the file */
  readonly needs: readonly ('profile' | 'trace' | 'package')[]
}

function summaryOf({ name, description, duration_s, ...of }: Scenario): ShippedScenario {
  const needs: ShippedScenario['needs'][number][] = []
  const models = of.pools.map((pool) => of.models[pool.model]!)
  const processes = of.traffic.flatMap(({ arrivals }) => arrivalParts(arrivals))
  if (models.some((model) => !('work' in model))) needs.push('profile')
  if (processes.some(({ process }) => ['trace', 'servegen'].includes(process))) needs.push('trace')
  const packaged = models.some(
    (model) => 'onnx' in model && filesOf(model.onnx).some((file) => file.startsWith('npm:')),
  )
  if (packaged) needs.push('package')
  return { name, description, duration_s, needs }
}

/** The files of a model, one for all precisions or one for each. */
const filesOf = (onnx: string | Readonly<Record<string, string | undefined>>) =>
  typeof onnx === 'string' ? [onnx] : Object.values(onnx).flatMap((file) => file ?? [])

function tableOf(scenarios: readonly ShippedScenario[]): string {
  const rows = scenarios.map(({ name, description, duration_s, needs }) => {
    const duration = `${duration_s.toLocaleString('en-US')} s`
    return [name, duration, needs.join(', ') || 'nothing', firstSentence(description)]
  })
  return alignColumns([['name', 'duration', 'needs', 'what it is about'], ...rows], [0, 2, 3])
}

const firstSentence = (text: string) => /^.*?[.?](?= [A-Z])/.exec(text)?.[0] ?? text
