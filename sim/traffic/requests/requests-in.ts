import type { Rows } from '../../stats/index.ts'
import { RequestList } from './request-list.ts'

/** The requests of raw rows, for a source that is not known in advance. */
export function requestsIn({ columns, count, prefixes }: Rows): RequestList {
  // the first part of a fan-out represents the request of the client
  const first = [...Array(count).keys()].filter((key) => columns.part[key] === 0)
  return RequestList.of({
    at: Float64Array.from(first, (key) => columns.at[key]!),
    length: Int32Array.from(first, (key) => columns.length[key]!),
    output: Int32Array.from(first, (key) => columns.output[key]!),
    class: Uint8Array.from(first, (key) => columns.class[key]!),
  }).with(first.map((key) => prefixes.get(key) ?? null))
}
