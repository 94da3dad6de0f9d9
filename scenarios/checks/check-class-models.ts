import { listed } from '../parse/describe-value.ts'
import { didYouMean } from '../parse/nearest.ts'
import type { Draft, PoolDraft, Report } from './draft.ts'

/** Checks that either all classes name a model or none does, and that every entry pool is named. */
export function checkAsked(draft: Draft, report: Report): void {
  const { classes } = draft
  const asks = classes.find(({ path }) => draft.has([...path, 'model']))
  if (asks === undefined) return
  for (const { path } of classes) {
    if (draft.has([...path, 'model'])) continue
    const text = `model, as class ${asks.name ?? '?'} asks for one, got nothing`
    report('value', path, text)
  }
  const pools = entryPools(draft)
  if (pools === null) return
  const served = [...new Set(pools.flatMap(({ model }) => model ?? []))]
  for (const { path, model } of classes) {
    if (model === null || served.includes(model)) continue
    const known = `a model of a pool that requests come to (${listed(served)})`
    report('value', [...path, 'model'], `${known}, got "${model}"${didYouMean(model, served)}`)
  }
  const asked = classes.map(({ model }) => model)
  // a class whose model is unknown might have meant this pool
  if (asked.some((model) => model === null || !served.includes(model))) return
  for (const { path, model } of pools) {
    if (model === null || asked.includes(model)) continue
    report('value', [...path, 'model'], `a model that a class asks for, got "${model}"`)
  }
}

/** Pools that receive no KV transfer; null if that cannot be read. */
function entryPools({ pools, has }: Draft): readonly PoolDraft[] | null {
  if (pools.length === 0) return null
  const handedTo: (string | undefined)[] = []
  for (const { path, generation } of pools) {
    if (generation === null && has([...path, 'generation'])) return null
    if (generation?.policy === 'continuous') handedTo.push(generation.hand_over?.pool)
  }
  return pools.filter(({ name }) => name === null || !handedTo.includes(name))
}
