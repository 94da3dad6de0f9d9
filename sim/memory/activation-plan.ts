/**
 * Bytes of a buffer, by batch size b and length l: `fixed + perLength l + b (perItem + perToken l +
 * perTokenSquared l^2)`. Plain data, as all of a plan.
 */
export interface Bytes {
  readonly fixed: number
  readonly perLength: number
  readonly perItem: number
  readonly perToken: number
  readonly perTokenSquared: number
}

/** What a batch does with memory in turn: buffers are numbered as they are taken, from 0. */
export type ActivationStep =
  | { readonly take: Bytes; readonly kind: 'activation' | 'input' | 'output' }
  | { readonly free: number }

/** What a model asks an allocator for: weights once, and for every batch the steps. */
export interface ActivationPlan {
  /** bytes of each reservation in turn */
  readonly weights: readonly number[]
  /** weights that are in no arena: ONNX Runtime reserves there only what its kernels pack anew */
  readonly apartBytes?: number | undefined
  /** inputs and outputs that no step frees stay until the batch has ended */
  readonly steps: readonly ActivationStep[]
  /** of each input the sizes of its dimensions: the key of the memory pattern is made of them */
  readonly inputs: readonly (readonly ('batch' | 'length' | number)[])[]
  /** quantiles of how long it took to load, ms; only of models that came and went when measured */
  readonly loadMs?: readonly number[] | undefined
}

/** Of all weights, bytes. */
export function weightsBytesOf({ weights, apartBytes = 0 }: ActivationPlan): number {
  return weights.reduce((sum, bytes) => sum + bytes, apartBytes)
}

/** Whole bytes of a buffer for a batch of b requests of length l. */
export function bytesOf(
  { fixed, perLength, perItem, perToken, perTokenSquared }: Bytes,
  b: number,
  l: number,
): number {
  return Math.ceil(fixed + perLength * l + b * (perItem + perToken * l + perTokenSquared * l * l))
}

/** All that is held together, each time before something of it is given back, and in the end. */
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
    if (next === undefined || 'free' in next) together.push(live.filter((one) => one !== null))
  }
  return together
}

/** The sums of what is held at once: a batch needs the largest of them, if no byte is lost. */
export function heldSums(plan: ActivationPlan): Bytes[] {
  const sums = heldTogether(plan).map(sumOf)
  return sums.filter((one, i) => !sums.some((other, j) => covers(other, one, j < i)))
}

const TERMS = ['fixed', 'perLength', 'perItem', 'perToken', 'perTokenSquared'] as const

function sumOf(all: readonly Bytes[]): Bytes {
  const sum = { fixed: 0, perLength: 0, perItem: 0, perToken: 0, perTokenSquared: 0 }
  for (const one of all) for (const term of TERMS) sum[term] += one[term]
  return sum
}

/** Whether one is nowhere less than the other; of two that are equal the earlier one covers. */
function covers(one: Bytes, other: Bytes, earlier: boolean): boolean {
  if (TERMS.some((term) => one[term] < other[term])) return false
  return earlier || TERMS.some((term) => one[term] > other[term])
}
