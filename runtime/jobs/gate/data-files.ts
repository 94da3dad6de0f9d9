import { resolve } from 'node:path'
import { type LoadedScenario, modelKey, modelLabel } from '../../../scenarios/index.ts'
import type { Prepared } from '../prepare.ts'

/** Full paths of what a scenario names beside its values: traces, clients, models, samples. */
export function dataFiles({ scenario, directory }: LoadedScenario): string[] {
  const traces = scenario.traffic.flatMap(({ arrivals }) => {
    return 'file' in arrivals && typeof arrivals.file === 'string' ? [arrivals.file] : []
  })
  const models = Object.values(scenario.models).flatMap((model) => {
    if (!('onnx' in model)) return []
    const { onnx } = model
    const inputs = 'inputs' in model ? Object.values(model.inputs) : []
    const samples = inputs.flatMap(({ file }) => file ?? [])
    return [...(typeof onnx === 'string' ? [onnx] : Object.values(onnx)), ...samples]
  })
  return [...traces, ...models]
    .filter((file) => file !== undefined && !file.startsWith('npm:'))
    .map((file) => resolve(directory, file!))
}

type WithContents = Pick<Prepared, 'scenario' | 'contents'>

/** Models whose file is another at the same path, as "path: content → content". */
export function changedFiles(base: WithContents, head: WithContents): string[] {
  const changes = head.scenario.pools.flatMap((pool, i) => {
    const j = base.scenario.pools.findIndex(({ name }) => name === pool.name)
    const before = base.scenario.pools[j]
    if (before === undefined) return []
    if (modelKey(base.scenario, before) !== modelKey(head.scenario, pool)) return []
    const [old, now] = [base.contents[j], head.contents[i]]
    if (typeof old !== 'string' || typeof now !== 'string' || old === now) return []
    const path = modelLabel(head.scenario, pool)
    return [`${path}: ${old.slice(0, 12)} → ${now.slice(0, 12)}`]
  })
  return [...new Set(changes)]
}
