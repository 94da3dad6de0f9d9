import { alignColumns } from '../../reports/index.ts'
import {
  EXIT,
  type ExitCode,
  loadScenario,
  type Scenario,
  shippedNames,
  shippedText,
} from '../../scenarios/index.ts'
import { out } from '../terminal.ts'
import { print } from './output.ts'

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
  if (models.some((model) => !('work' in model))) needs.push('profile')
  if (of.traffic.some(({ arrivals }) => 'file' in arrivals)) needs.push('trace')
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

export async function listScenarios(
  _signal: AbortSignal,
  options: { readonly json?: boolean },
): Promise<ExitCode> {
  const scenarios: ShippedScenario[] = []
  for (const name of shippedNames()) scenarios.push(summaryOf((await loadScenario(name)).scenario))
  print(options, { scenarios }, tableOf(scenarios))
  return EXIT.ok
}

export async function showScenario(_signal: AbortSignal, name: string): Promise<ExitCode> {
  out(shippedText(name))
  return EXIT.ok
}
