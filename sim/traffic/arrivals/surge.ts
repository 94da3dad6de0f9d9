import {
  arrivalParts,
  type RatedArrivals,
  type Scenario,
} from '../../../scenarios/schema/schema.ts'
import type { Ms } from '../../serving/index.ts'

/** A factor on the rate with a linear rise, a plateau, and a linear or exponential decay. */
export interface Surge {
  readonly atMs: Ms
  readonly factor: number
  readonly riseMs: Ms
  readonly holdMs: Ms
  readonly decayMs: Ms
  readonly halfLifeMs?: Ms
}

/** An exponential decay ends after this many half-lives, at a thousandth of the peak. */
const HALF_LIVES = 10
/** Chords per half-life: none is more than 0.1 % of the peak from the curve. */
const CHORDS = 8

/** Times at which the height of a surge bends or jumps. */
export function surgeKnots({ atMs, riseMs, holdMs, decayMs, halfLifeMs }: Surge): Ms[] {
  const peak = atMs + riseMs
  const end = peak + holdMs
  if (halfLifeMs === undefined) return [atMs, peak, end, end + decayMs]
  const chords = Array.from(
    { length: HALF_LIVES * CHORDS + 1 },
    (_, i) => end + (i * halfLifeMs) / CHORDS,
  )
  return [atMs, peak, ...chords]
}

/** Height at a time: 0 outside the surge, 1 at its peak. */
export function surgeHeight(surge: Surge, t: Ms): number {
  const { atMs, riseMs, holdMs, decayMs, halfLifeMs } = surge
  const since = t - atMs
  if (since < 0) return 0
  if (since < riseMs) return since / riseMs
  const after = since - riseMs - holdMs
  if (after < 0) return 1
  if (halfLifeMs === undefined) return after < decayMs ? 1 - after / decayMs : 0
  const chord = (after * CHORDS) / halfLifeMs
  if (chord >= HALF_LIVES * CHORDS) return 0
  const from = Math.floor(chord)
  const [high, low] = [2 ** (-from / CHORDS), 2 ** (-(from + 1) / CHORDS)]
  return high + (chord - from) * (low - high)
}

/** A surge, or all its repetitions that begin before the end. */
export function surgesOf(surge: RatedArrivals['surges'][number], endMs: Ms): Surge[] {
  const first = surge.at_s * 1000
  const everyMs = surge.every_s === undefined ? Number.POSITIVE_INFINITY : surge.every_s * 1000
  const count = Math.max(1, Math.ceil((endMs - first) / everyMs))
  return Array.from({ length: count }, (_, i) => ({
    atMs: i === 0 ? first : first + i * everyMs,
    factor: surge.factor,
    riseMs: surge.rise_s * 1000,
    holdMs: surge.hold_s * 1000,
    decayMs: surge.decay_s * 1000,
    ...(surge.half_life_s !== undefined && { halfLifeMs: surge.half_life_s * 1000 }),
  }))
}

/** An interval in which a class has more traffic than usual. */
interface ClassSurge {
  readonly class: string
  readonly fromMs: Ms
  /** when its decay begins, ms */
  readonly toMs: Ms
}

/** All surges of a scenario that increase traffic, in the order of their starts. */
export function surgeWindows({ traffic, duration_s }: Scenario): ClassSurge[] {
  const windows = traffic.flatMap(({ class: name, arrivals }) => {
    return arrivalParts(arrivals)
      .flatMap((part) => ('surges' in part ? part.surges : []))
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
