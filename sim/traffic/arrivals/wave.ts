import type { Ms } from '../../serving/index.ts'

/** A periodic rate: times 1 + amplitude at its peaks, 1 - amplitude at its troughs. */
export interface Wave {
  readonly periodMs: Ms
  /** from 0 to 1 */
  readonly amplitude: number
  readonly peakAtMs: Ms
}

/** Chords per period: none is more than 0.03 % of the amplitude from the cosine. */
const CHORDS = 128

/** Times until `endMs` at which the chords of a wave meet. */
export function waveKnots({ periodMs, peakAtMs }: Wave, endMs: Ms): Ms[] {
  const step = periodMs / CHORDS
  const first = Math.ceil(-peakAtMs / step)
  const count = Math.max(0, Math.ceil((endMs - peakAtMs) / step) - first + 1)
  return Array.from({ length: count }, (_, i) => peakAtMs + (first + i) * step)
}

/** The factor on the rate at a time. */
export function waveFactor({ periodMs, amplitude, peakAtMs }: Wave, t: Ms): number {
  const chord = ((t - peakAtMs) * CHORDS) / periodMs
  const from = Math.floor(chord)
  const cosine = (i: number) => Math.cos((2 * Math.PI * i) / CHORDS)
  return 1 + amplitude * (cosine(from) + (chord - from) * (cosine(from + 1) - cosine(from)))
}
