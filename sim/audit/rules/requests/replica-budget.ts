import { topologyOf } from '../../../serving/index.ts'
import { ms, type Rule } from '../../findings.ts'

/** Sums of watts are rounded. */
const ROUNDED = 1 + 1e-9

export const replicaBudget: Rule = {
  rule: 'replica-budget',
  promise: 'scaled pools never have more replicas or watts together than their budget',
  check({ promises, changes }, findings) {
    const { budget } = promises
    if (budget === undefined) return
    const counted = budget.pools.map((pool) => pool ?? { warm: 0, replicaW: 0 })
    const { poolOf } = topologyOf(promises)
    // a replica counts from when it is asked for until it is given back
    const stopped = new Set<number>()
    let replicas = counted.reduce((sum, { warm }) => sum + warm, 0)
    let watts = counted.reduce((sum, pool) => sum + pool.warm * pool.replicaW, 0)
    const add = (executor: number, by: number) => {
      const pool = poolOf[executor]!
      if (budget.pools[pool] == null) return
      replicas += by
      watts += by * counted[pool]!.replicaW
    }
    for (const executor of poolOf.keys()) add(executor, 1)
    for (const [i, { at, executor, state }] of changes.entries()) {
      if ((state === 'stopped') === stopped.has(executor)) continue
      if (state === 'stopped') stopped.add(executor)
      else stopped.delete(executor)
      add(executor, state === 'stopped' ? -1 : 1)
      // before the first instant has passed, replicas are still being taken away
      if (at === 0 && changes[i + 1]?.at === 0) continue
      const holds = replicas <= budget.replicas && watts <= budget.watts * ROUNDED
      findings.check(holds, [], () => {
        const had = `${replicas} replicas and ${Math.round(watts)} W`
        return `${had} at ${ms(at)}, where the budget is ${limitText(budget)}`
      })
    }
  },
}

function limitText({ replicas, watts }: { replicas: number; watts: number }): string {
  const limits = [
    ...(Number.isFinite(replicas) ? [`${replicas} replicas`] : []),
    ...(Number.isFinite(watts) ? [`${watts} W`] : []),
  ]
  return limits.join(' and ')
}
