import { listed } from '../parse/describe-value.ts'
import { didYouMean } from '../parse/nearest.ts'
import type { Draft } from './draft.ts'

/** Checks that names are unique, and that references name existing items. */
export function checkNames(draft: Draft): void {
  for (const [list, key, names] of [
    ['traffic', 'class', draft.classes.map(({ name }) => name)],
    ['pools', 'name', draft.pools.map(({ name }) => name)],
  ] as const) {
    for (const i of names.keys()) isRepeated([list, i, key], names, draft)
  }
  const models = [...draft.models.keys()]
  for (const { model, path } of draft.pools) {
    if (model === null || draft.models.has(model)) continue
    const expected = models.length > 0 ? `one of the models ${listed(models)}` : 'a model'
    draft.refuse([...path, 'model'], expected, `"${model}"${didYouMean(model, models)}`)
  }
  const classes = [...new Set(draft.classes.flatMap(({ name }) => name ?? []))]
  for (const name of draft.slo.keys()) {
    if (classes.includes(name)) continue
    const expected = classes.length > 0 ? `a class of traffic (${listed(classes)})` : 'a class'
    draft.refuseKey(['slo', name], expected, `"${name}"${didYouMean(name, classes)}`)
  }
}

/** Whether an entry of a list has the name of one before it, which is refused; null is no name. */
export function isRepeated(
  path: readonly [list: string, i: number, key: string],
  names: readonly (string | null)[],
  draft: Draft,
): boolean {
  const [list, i, key] = path
  const first = names[i] === null ? i : names.indexOf(names[i]!)
  if (first === i) return false
  draft.refuse(path, `a ${key} of its own`, `"${names[i]}" as in ${list}.${first}`)
  return true
}
