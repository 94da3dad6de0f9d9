import { modelKey, modelLabel } from '../../../scenarios/index.ts'
import type { Prepared } from '../prepare.ts'

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
