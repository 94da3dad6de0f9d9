import type { Rows } from '../../stats/index.ts'
import { RequestList } from './request-list.ts'

/** The requests that raw rows are of, where nobody knew them beforehand. */
export function requestsIn({ columns, count, prefixes }: Rows): RequestList {
  // of a fan-out the first part stands for what the client sent
  const first = [...Array(count).keys()].filter((key) => columns.part[key] === 0)
  return RequestList.of({
    at: Float64Array.from(first, (key) => columns.at[key]!),
    length: Int32Array.from(first, (key) => columns.length[key]!),
    output: Int32Array.from(first, (key) => columns.output[key]!),
    class: Uint8Array.from(first, (key) => columns.class[key]!),
  }).with(first.map((key) => prefixes.get(key) ?? null))
}
