import { ms, type Rule } from '../../findings.ts'

export const givenBack: Rule = {
  rule: 'given-back',
  promise: 'a replica that its scaler gave back serves again only after it was asked for',
  check({ promises, changes }, findings) {
    const gives = promises.pools.flatMap(({ replicas, scaling }) =>
      Array<boolean>(replicas).fill(scaling !== undefined),
    )
    if (!gives.includes(true)) return
    /** since when, by executor, until it is asked for again */
    const away = new Map<number, number>()
    for (const { at, executor, state } of changes) {
      if (!gives[executor]) continue
      const since = away.get(executor)
      if (state === 'starting') away.delete(executor)
      else if (state === 'up') {
        away.delete(executor)
        findings.check(since === undefined, [], () => {
          return `executor ${executor} serves from ${ms(at)}, but was given back at ${ms(since!)}`
        })
      } else if (state !== 'down') away.set(executor, since ?? at)
    }
  },
}
