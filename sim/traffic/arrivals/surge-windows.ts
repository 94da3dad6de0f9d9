import type { Scenario } from '../../../scenarios/schema/schema.ts'
import type { Ms } from '../../serving/index.ts'
import { surgesOf } from './surge.ts'

/** An interval in which a class has more traffic than usual. */
export interface ClassSurge {
  readonly class: string
  readonly fromMs: Ms
  /** when its decay begins, ms */
  readonly toMs: Ms
}

/** All surges of a scenario that increase traffic, in the order of their starts. */
export function surgeWindows({ traffic, duration_s }: Scenario): ClassSurge[] {
  const windows = traffic.flatMap(({ class: name, arrivals }) => {
    const parts = arrivals.process === 'sum' ? arrivals.of : [arrivals]
    const surges = parts.flatMap((part) => ('surges' in part ? part.surges : []))
    return surges
      .filter(({ factor }) => factor > 1)
      .flatMap((surge) => surgesOf(surge, duration_s * 1000))
      .map(({ atMs, riseMs, holdMs }) => ({
        class: name,
        fromMs: atMs,
        toMs: atMs + riseMs + holdMs,
      }))
  })
  return windows.sort((a, b) => a.fromMs - b.fromMs)
}
