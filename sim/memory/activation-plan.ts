/**
 * Bytes of a buffer, by batch size b and length l: `fixed + perLength l + b (perItem + perToken l +
 * perTokenSquared l^2)`. Plain data, as is the whole plan.
 */
export interface Bytes {
  readonly fixed: number
  readonly perLength: number
  readonly perItem: number
  readonly perToken: number
  readonly perTokenSquared: number
}

/** One allocation or release of a batch. Buffers are numbered from 0 in the order of allocation. */
export type ActivationStep =
  | { readonly take: Bytes; readonly kind: 'activation' | 'input' | 'output' }
  | { readonly free: number }

/** What a model requests from an allocator: weights once, and the steps for every batch. */
export interface ActivationPlan {
  /** bytes of each reservation, in order */
  readonly weights: readonly number[]
  /** weights outside the arena: ONNX Runtime reserves in it only those that its kernels repack */
  readonly apartBytes?: number | undefined
  /** inputs and outputs that no step frees stay until the batch ends */
  readonly steps: readonly ActivationStep[]
  /** dimensions of each input, of which the key of the memory pattern is made */
  readonly inputs: readonly (readonly ('batch' | 'length' | number)[])[]
  /** quantiles of measured load times, ms; only of models that were swapped in that measurement */
  readonly loadMs?: readonly number[] | undefined
}

/** Bytes of all weights. */
export function weightsBytesOf({ weights, apartBytes = 0 }: ActivationPlan): number {
  return weights.reduce((sum, bytes) => sum + bytes, apartBytes)
}

/** Bytes of a buffer for a batch of b requests of length l, rounded up. */
export function bytesOf(
  { fixed, perLength, perItem, perToken, perTokenSquared }: Bytes,
  b: number,
  l: number,
): number {
  return Math.ceil(fixed + perLength * l + b * (perItem + perToken * l + perTokenSquared * l * l))
}

/**
 * The buffers in use at the same time: each time before the first of several releases, and at the
 * end.
 */
export function heldTogether({ steps }: ActivationPlan): Bytes[][] {
  const live: (Bytes | null)[] = []
  const together: Bytes[][] = []
  for (const [i, step] of steps.entries()) {
    if ('free' in step) {
      live[step.free] = null
      continue
    }
    live.push(step.take)
    const next = steps[i + 1]
    if (next === undefined || 'free' in next) together.push(live.filter((bytes) => bytes !== null))
  }
  return together
}

/**
 * Sums of buffers in use at the same time. A batch needs the largest of them, if no byte is wasted.
 */
export function heldSums(plan: ActivationPlan): Bytes[] {
  const sums = heldTogether(plan).map(sumOf)
  return sums.filter((a, i) => !sums.some((b, j) => covers(b, a, j < i)))
}

const TERMS = ['fixed', 'perLength', 'perItem', 'perToken', 'perTokenSquared'] as const

function sumOf(all: readonly Bytes[]): Bytes {
  const sum = { fixed: 0, perLength: 0, perItem: 0, perToken: 0, perTokenSquared: 0 }
  for (const bytes of all) for (const term of TERMS) sum[term] += bytes[term]
  return sum
}

/** Whether `a` is nowhere less than `b`; of two equal ones the earlier covers the later. */
function covers(a: Bytes, b: Bytes, earlier: boolean): boolean {
  if (TERMS.some((term) => a[term] < b[term])) return false
  return earlier || TERMS.some((term) => a[term] > b[term])
}
