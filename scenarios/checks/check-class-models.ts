import { listed } from '../parse/describe-value.ts'
import { didYouMean } from '../parse/nearest.ts'
import type { Draft, PoolDraft } from './draft.ts'

/** Checks that either all classes name a model or none does, and that every entry pool is named. */
export function checkClassModels(draft: Draft): void {
  const { classes } = draft
  const named = classes.find(({ path }) => draft.has([...path, 'model']))
  if (named === undefined) return
  for (const { path } of classes) {
    if (draft.has([...path, 'model'])) continue
    draft.refuse(path, `the key model, as class ${named.name ?? '?'} has it`, 'nothing')
  }
  const pools = entryPools(draft)
  if (pools === null) return
  const served = [...new Set(pools.flatMap(({ model }) => model ?? []))]
  for (const { path, model } of classes) {
    if (model === null || served.includes(model)) continue
    const expected = `a model of a pool that requests arrive at (${listed(served)})`
    draft.refuse([...path, 'model'], expected, `"${model}"${didYouMean(model, served)}`)
  }
  const requested = classes.map(({ model }) => model)
  // a class whose model is unknown might have meant this pool
  if (requested.some((model) => model === null || !served.includes(model))) return
  for (const { path, model } of pools) {
    if (model === null || requested.includes(model)) continue
    draft.refuse([...path, 'model'], 'the model of a class')
  }
}

/** Pools that receive no KV transfer; null if that cannot be read. */
function entryPools(draft: Draft): readonly PoolDraft[] | null {
  const { pools } = draft
  if (pools.length === 0) return null
  if (pools.some((pool) => pool.generation === null && draft.generates(pool))) return null
  return pools.filter(({ name }) => name === null || !draft.decodePools.includes(name))
}
