import { engineRequests } from '../../evidence/engine-requests.ts'
import type { Evidence } from '../../evidence/evidence.ts'
import { type Findings, ms } from '../../findings.ts'
import type { Rule } from '../../rule.ts'

export const places: Rule = {
  rule: 'places',
  promise: 'an engine has no more sequences at once than it has places',
  check(seen: Evidence, found: Findings) {
    for (const [executor, { generation, keys }] of engineRequests(seen)) {
      // a preempted request stays assigned to its engine, but does not run until later
      const steady = keys.filter((key) => seen.rows.preemptions[key] === 0)
      const running: number[] = []
      for (const key of steady) {
        found.checked++
        const at = seen.rows.dispatched[key]!
        for (let i = running.length - 1; i >= 0; i--) {
          if (seen.gone[running[i]!]! <= at) running.splice(i, 1)
        }
        running.push(key)
        if (running.length <= generation.maxSequences) continue
        found.violated([...running], () => {
          const most = `at most ${generation.maxSequences} have a place`
          return `${running.length} ran on executor ${executor} just after ${ms(at)}; ${most}`
        })
      }
    }
  },
}
