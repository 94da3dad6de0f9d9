import { eachDispatch, engineRequests } from '../../evidence/engine-requests.ts'
import { ms, type Rule } from '../../findings.ts'

export const sequenceSlots: Rule = {
  rule: 'sequence-slots',
  promise: 'an engine runs no more sequences at a time than it has sequence slots',
  check(evidence, findings) {
    for (const [executor, { generation, keys }] of engineRequests(evidence)) {
      eachDispatch(evidence, keys, (key, running) => {
        findings.check(running.length <= generation.maxSequences, running, () => {
          const when = `just after ${ms(evidence.rows.dispatched[key]!)}`
          const slots = `${generation.maxSequences} sequence slots`
          return `${running.length} ran on executor ${executor} ${when}; it has ${slots}`
        })
      })
    }
  },
}
