import type { Evidence } from '../../evidence/evidence.ts'
import { FAILED } from '../../evidence/raw-rows.ts'
import type { Findings } from '../../findings.ts'
import type { Rule } from '../../rule.ts'

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
  promise: 'members of a batch share queue, executor, times and size; the size is their number',
  check({ batches, rows }: Evidence, found: Findings) {
    for (const { members } of batches) {
      found.checked++
      const first = members[0]!
      const size = rows.batchSize[first]!
      if (size !== members.length) {
        found.violated(members, () => `a batch of ${members.length} says that it is of ${size}`)
      }
      for (const key of members) {
        for (const name of SHARED) {
          const value = rows[name][key]!
          const expected = rows[name][first]!
          if (value !== expected) {
            found.violated(
              [first, key],
              () => `one batch, but ${name} is ${expected} in one and ${value} in the other`,
            )
          }
        }
        if ((rows.outcome[key] === FAILED) !== (rows.outcome[first] === FAILED)) {
          found.violated([first, key], () => 'one batch, which failed for only one of the two')
        }
      }
    }
  },
}
