import type { RequestList, RequestListColumns } from './request-list.ts'

/** Requests in their parts, by key of the part. */
export interface PartColumns extends RequestListColumns {
  readonly sending: Uint32Array
  readonly part: Uint16Array
}

/** The parts into which the requests of a list are split on their way to a control plane. */
export function partsOf(
  { columns }: RequestList,
  classes: readonly { readonly fanOut: number }[],
): PartColumns {
  const sending: number[] = []
  const part: number[] = []
  for (const [number, own] of columns.class.entries()) {
    for (let i = 0; i < classes[own]!.fanOut; i++) {
      sending.push(number)
      part.push(i)
    }
  }
  return {
    at: Float64Array.from(sending, (number) => columns.at[number]!),
    length: Int32Array.from(sending, (number) => columns.length[number]!),
    output: Int32Array.from(sending, (number) => columns.output[number]!),
    class: Uint8Array.from(sending, (number) => columns.class[number]!),
    ...(columns.prefixes && {
      prefixes: sending.map((number) => columns.prefixes![number]!),
    }),
    sending: Uint32Array.from(sending),
    part: Uint16Array.from(part),
  }
}
