import { eachDispatch, engineRequests } from '../../evidence/engine-requests.ts'
import { ms, type Rule } from '../../findings.ts'

export const sequenceSlots: Rule = {
  rule: 'sequence-slots',
  promise: 'an engine runs no more sequences at a time than it has sequence slots',
  check(seen, found) {
    for (const [executor, { generation, keys }] of engineRequests(seen)) {
      eachDispatch(seen, keys, (key, running) => {
        found.check(running.length <= generation.maxSequences, running, () => {
          const when = `just after ${ms(seen.rows.dispatched[key]!)}`
          const slots = `${generation.maxSequences} sequence slots`
          return `${running.length} ran on executor ${executor} ${when}; it has ${slots}`
        })
      })
    }
  },
}
