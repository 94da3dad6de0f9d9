import type { Rows } from '../stats/index.ts'
import { RequestList } from './request-list.ts'

/** The requests that raw rows are of, where nobody knew them beforehand. */
export function requestsIn({ columns, count }: Rows): RequestList {
  const { at, length, class: classes } = columns
  return RequestList.of({ at, length, class: classes, output: new Int32Array(count) })
}
