/** A row-major array of bytes: its sizes in elements, and where it begins. */
export interface BoxedBytes {
  readonly bytes: Uint8Array
  readonly at: number
  readonly dims: readonly number[]
}

/**
 * Copies the first `box` elements along each axis from one row-major array to another of the same
 * rank. `width`: bytes of an element.
 */
export function copyBox(
  from: BoxedBytes,
  to: BoxedBytes,
  { box, width }: { readonly box: readonly number[]; readonly width: number },
): void {
  // from here on elements are contiguous in both
  const whole = box.findLastIndex((size, i) => size !== from.dims[i] || size !== to.dims[i])
  const last = Math.max(whole, 0)
  const block = box.slice(last).reduce(product, width)
  const [fromSteps, toSteps] = [stepsOf(from.dims, width), stepsOf(to.dims, width)]
  const copy = (axis: number, fromAt: number, toAt: number) => {
    if (axis >= last) {
      to.bytes.set(from.bytes.subarray(fromAt, fromAt + block), toAt)
      return
    }
    for (let i = 0; i < box[axis]!; i++) {
      copy(axis + 1, fromAt + i * fromSteps[axis]!, toAt + i * toSteps[axis]!)
    }
  }
  copy(0, from.at, to.at)
}

const product = (a: number, b: number) => a * b

/** Bytes between two positions along each axis. */
function stepsOf(dims: readonly number[], width: number): number[] {
  return dims.map((_, axis) => dims.slice(axis + 1).reduce(product, width))
}
