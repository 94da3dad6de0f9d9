import type { ProbedBatch } from '../../sim/experiment/index.ts'
import type { Ms } from '../../sim/serving/index.ts'
import type { ScriptItem, ScriptRow } from './script.ts'

/** A shape that an executor is probed with, and what a batch takes back to back, about. */
export interface ProbeShape extends Pick<ScriptItem, 'executor' | 'size' | 'length'> {
  readonly ms: Ms
  /** idle times after which it is run */
  readonly idleMs: readonly Ms[]
}

/** Idle times before batches: meanwhile an executor that shares its caches loses most of them. */
export const IDLE_MS: readonly Ms[] = [0.1, 0.5, 1, 2]
/** First batches of a series do not count: they find caches as the series before left them. */
const SETTLING = 2
/** An odd number: one stall does not move their median. */
const COUNTED = 3
const SERIES = SETTLING + COUNTED

/** Share of the time of the traffic that probes take. */
const SHARE = 0.03

/** A series back to back, and one after an idle time, which is compared with it. */
interface ProbePart {
  readonly items: readonly ScriptItem[]
  /** about */
  readonly ms: Ms
}

function partsOf(shapes: readonly ProbeShape[]): ProbePart[] {
  return shapes.flatMap(({ ms, idleMs, ...shape }) =>
    idleMs.map((idle) => {
      const series = (gapMs: Ms) => Array.from({ length: SERIES }, () => ({ ...shape, gapMs }))
      return { items: [...series(0), ...series(idle)], ms: SERIES * (2 * ms + idle) }
    }),
  )
}

/** Every shape after every idle time. */
export const wholePass = (shapes: readonly ProbeShape[]): ScriptItem[] =>
  partsOf(shapes).flatMap(({ items }) => items)

/**
 * When a side is probed, and with what: before each slice as many parts as the share of its time
 * allows, one after another over all replays. Slow models are probed before some slices only.
 */
export class IdleProbes {
  readonly #parts: readonly ProbePart[]
  readonly #durationMs: Ms
  /** time that probes may take, ms */
  #credit = 0
  /** of the next part */
  #index = 0

  /** `durationMs`: of the traffic of a replay. */
  constructor(shapes: readonly ProbeShape[], durationMs: Ms) {
    this.#parts = partsOf(shapes)
    this.#durationMs = durationMs
  }

  /** What is run before each slice of a replay. */
  ofReplay(slices: number): ScriptItem[][] {
    return Array.from({ length: slices }, () => this.#before(this.#durationMs / slices))
  }

  #before(sliceMs: Ms): ScriptItem[] {
    this.#credit += SHARE * sliceMs
    const items: ScriptItem[] = []
    for (let i = 0; i < this.#parts.length; i++) {
      const part = this.#parts[this.#index]!
      if (part.ms > this.#credit) return items
      this.#credit -= part.ms
      this.#index = (this.#index + 1) % this.#parts.length
      items.push(...part.items)
    }
    // a whole pass before one slice is enough
    this.#credit = 0
    return items
  }
}

/** The batches of a script of probes that count. */
export function probedBatches(rows: readonly ScriptRow[]): ProbedBatch[] {
  return rows.flatMap(({ item, gap, started, ended }, i) => {
    if (i % SERIES < SETTLING || !(ended > started)) return []
    const { executor, size, length, gapMs } = item
    // dispatcher and executors have clocks of their own
    return [{ executor, size, length, idleMs: gapMs, gap: Math.max(0, gap), ms: ended - started }]
  })
}
