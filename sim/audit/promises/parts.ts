import type { RequestColumns } from '../evidence/raw-rows.ts'
import type { Promises } from './promises.ts'

/** The part that each key must be. */
export interface ExpectedParts {
  /** index of its request in the planned requests */
  readonly sending: readonly number[]
  readonly part: readonly number[]
}

/** Keys number all parts of a request before those of the next. */
export function expectedParts(requests: RequestColumns, { classes }: Promises): ExpectedParts {
  const sending: number[] = []
  const part: number[] = []
  for (let number = 0; number < requests.at.length; number++) {
    const parts = classes[requests.class[number]!]?.fanOut ?? 1
    for (let i = 0; i < parts; i++) {
      sending.push(number)
      part.push(i)
    }
  }
  return { sending, part }
}
