import { resolve } from 'node:path'
import type { LoadedScenario } from '../../../scenarios/index.ts'

/** Full paths of what a scenario names beside its values: traces, clients, models, samples. */
export function dataFiles({ scenario, directory }: LoadedScenario): string[] {
  const traces = scenario.traffic.flatMap(({ arrivals }) => {
    return 'file' in arrivals && typeof arrivals.file === 'string' ? [arrivals.file] : []
  })
  const models = Object.values(scenario.models).flatMap((model) => {
    if (!('onnx' in model)) return []
    const { onnx, inputs } = model
    const samples = Object.values(inputs).flatMap(({ file }) => file ?? [])
    return [...(typeof onnx === 'string' ? [onnx] : Object.values(onnx)), ...samples]
  })
  return [...traces, ...models]
    .filter((file) => file !== undefined && !file.startsWith('npm:'))
    .map((file) => resolve(directory, file!))
}
