import type { Rows } from '../stats/index.ts'
import { RequestList } from './request-list.ts'

/** The requests that raw rows are of, where nobody knew them beforehand. */
export function requestsIn({ columns }: Rows): RequestList {
  const { at, length, output, class: classes } = columns
  return RequestList.of({ at, length, output, class: classes })
}
