import type { Ms } from '../ports.ts'

/** Values of the recent past, each with its time. */
export class Recent {
  readonly #entries: { readonly at: Ms; readonly value: number }[] = []
  readonly #keptMs: Ms

  constructor(keptMs: Ms) {
    this.#keptMs = keptMs
  }

  record(now: Ms, value: number): void {
    const entries = this.#entries
    let old = 0
    while (old < entries.length && now - entries[old]!.at >= this.#keptMs) old++
    entries.splice(0, old)
    entries.push({ at: now, value })
  }

  /** The values that are younger than a window, joined with a first one. */
  reduce(now: Ms, windowMs: Ms, join: (a: number, b: number) => number, first: number): number {
    let result = first
    for (const { at, value } of this.#entries) {
      if (now - at < windowMs) result = join(result, value)
    }
    return result
  }
}
