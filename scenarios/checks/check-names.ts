import { listed } from '../parse/describe-value.ts'
import { didYouMean } from '../parse/nearest.ts'
import type { Draft } from './draft.ts'

/** Checks that names are unique, and that references name existing items. */
export function checkNames(draft: Draft): void {
  for (const [key, list] of [
    ['class', draft.classes],
    ['name', draft.pools],
  ] as const) {
    const first = new Map<string, string>()
    for (const { name, path } of list) {
      if (name === null) continue
      const taken = first.get(name)
      if (taken === undefined) first.set(name, path.join('.'))
      else draft.refuse([...path, key], `a ${key} of its own`, `"${name}" as in ${taken}`)
    }
  }
  const models = [...draft.models.keys()]
  for (const { model, path } of draft.pools) {
    if (model === null || draft.models.has(model)) continue
    const known = models.length > 0 ? `one of the models ${listed(models)}` : 'a model'
    draft.refuse([...path, 'model'], known, `"${model}"${didYouMean(model, models)}`)
  }
  const classes = [...new Set(draft.classes.flatMap(({ name }) => name ?? []))]
  for (const name of draft.slo.keys()) {
    if (classes.includes(name)) continue
    const known = classes.length > 0 ? `a class of traffic (${listed(classes)})` : 'a class'
    draft.refuseKey(['slo', name], known, `"${name}"${didYouMean(name, classes)}`)
  }
}
