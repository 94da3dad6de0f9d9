import type { Ms } from '../../serving/index.ts'

/** A rate that goes up and down: times 1 + amplitude at its peaks, 1 - amplitude in between. */
export interface Wave {
  readonly periodMs: Ms
  /** from 0 to 1 */
  readonly amplitude: number
  readonly peakAtMs: Ms
}

/** Chords to a period: none is further than 0.03 % of the amplitude from the cosine. */
const CHORDS = 128

/** Times until `endMs` between which a wave runs along chords. */
export function waveKnots({ periodMs, peakAtMs }: Wave, endMs: Ms): Ms[] {
  const step = periodMs / CHORDS
  const first = Math.ceil(-peakAtMs / step)
  const count = Math.max(0, Math.ceil((endMs - peakAtMs) / step) - first + 1)
  return Array.from({ length: count }, (_, i) => peakAtMs + (first + i) * step)
}

/** What the rate is multiplied by at a time. */
export function waveFactor({ periodMs, amplitude, peakAtMs }: Wave, t: Ms): number {
  const chord = ((t - peakAtMs) * CHORDS) / periodMs
  const from = Math.floor(chord)
  const cosine = (i: number) => Math.cos((2 * Math.PI * i) / CHORDS)
  return 1 + amplitude * (cosine(from) + (chord - from) * (cosine(from + 1) - cosine(from)))
}
