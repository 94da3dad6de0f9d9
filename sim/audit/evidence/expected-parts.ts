import type { ServingPlan } from '../../serving/index.ts'
import type { AuditRows, RequestColumns } from './raw-rows.ts'

/** The part that each key must be. */
export interface ExpectedParts {
  /** index of its request in the planned requests */
  readonly sending: readonly number[]
  readonly part: readonly number[]
}

/**
 * Keys number all parts of a request before those of the next. Copies of parts come between
 * requests: rows say which part they repeat, and the rule on copies checks that.
 */
export function expectedParts(
  requests: RequestColumns,
  { classes }: ServingPlan,
  { copyOf }: Pick<AuditRows, 'copyOf'>,
): ExpectedParts {
  const sending: number[] = []
  const part: number[] = []
  const addCopies = () => {
    for (let first = copyOf[part.length] ?? -1; first >= 0; first = copyOf[part.length] ?? -1) {
      // a copy of a row that has not come yet is of no request
      sending.push(sending[first] ?? -1)
      part.push(part[first] ?? 0)
    }
  }
  for (let number = 0; number < requests.at.length; number++) {
    const parts = classes[requests.class[number]!]?.fanOut ?? 1
    addCopies()
    for (let i = 0; i < parts; i++) {
      sending.push(number)
      part.push(i)
    }
  }
  addCopies()
  return { sending, part }
}
