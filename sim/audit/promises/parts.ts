import type { RequestColumns } from '../evidence/raw-rows.ts'
import type { Promises } from './promises.ts'

/** What the row of each key has to be a part of. */
export interface ExpectedParts {
  /** index in the requests that were to come */
  readonly sending: readonly number[]
  readonly part: readonly number[]
}

/** Keys go through all parts of a request before the next one: counts them off. */
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
