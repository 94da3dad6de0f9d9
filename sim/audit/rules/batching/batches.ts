import { FAILED } from '../../evidence/raw-rows.ts'
import type { Rule } from '../../findings.ts'

/** Columns that are equal for all members of a batch. */
const SHARED = [
  'dispatched',
  'started',
  'ended',
  'done',
  'executor',
  'padded',
  'batchSize',
  'queue',
] as const

export const batches: Rule = {
  rule: 'batches',
  promise: 'rows of a batch agree on queue, executor, times and size; the size is their number',
  check({ batches, rows }, findings) {
    for (const { members } of batches) {
      findings.checked++
      const first = members[0]!
      const size = rows.batchSize[first]!
      if (size !== members.length) {
        findings.violated(members, () => `${members.length} rows in a batch of size ${size}`)
      }
      for (const key of members) {
        for (const name of SHARED) {
          const value = rows[name][key]!
          const expected = rows[name][first]!
          if (value !== expected) {
            findings.violated(
              [first, key],
              () => `one batch, but ${name} is ${expected} in the first and ${value} in the second`,
            )
          }
        }
        if ((rows.outcome[key] === FAILED) !== (rows.outcome[first] === FAILED)) {
          findings.violated([first, key], () => 'one batch, but only one of the two failed')
        }
      }
    }
  },
}
