/** Batches of an executor that ran out of memory. */
export interface Shortage {
  readonly executor: number
  batches: number
  /** of the batch with the fewest tokens, which are requests times padded length */
  size: number
  length: number
}

/** Counts batches that ran out of memory. Rows do not show batches that a remedy saved. */
export class Shortages {
  readonly #by = new Map<number, Shortage>()

  note(executor: number, size: number, length: number): void {
    const shortage = this.#by.get(executor) ?? { executor, batches: 0, size, length }
    this.#by.set(executor, shortage)
    shortage.batches++
    if (size * length < shortage.size * shortage.length) Object.assign(shortage, { size, length })
  }

  get all(): readonly Shortage[] {
    return [...this.#by.values()]
  }
}

/** The warnings about batches of pools; `poolOf`: the pool of each executor. */
export function shortageTexts(
  pools: readonly { readonly name: string }[],
  poolOf: readonly number[],
  shortages: readonly Shortage[],
): string[] {
  return pools.flatMap(({ name }, i) => {
    const ofPool = shortages.filter(({ executor }) => poolOf[executor] === i)
    return shortageText(name, ofPool) ?? []
  })
}

/** The warning about a pool's batches; null if none ran out of memory. */
export function shortageText(name: string, shortages: readonly Shortage[]): string | null {
  if (shortages.length === 0) return null
  const batches = shortages.reduce((sum, shortage) => sum + shortage.batches, 0)
  const { size, length } = shortages.reduce((least, shortage) =>
    shortage.size * shortage.length < least.size * least.length ? shortage : least,
  )
  const shape = length > 1 ? `${size} x ${length}` : `${size}`
  const [count, smallest] =
    batches === 1
      ? ['1 batch', shape]
      : [`${batches.toLocaleString('en-US')} batches`, `the smallest of them ${shape}`]
  return `pool ${name}: ${count} ran out of memory, ${smallest}`
}
