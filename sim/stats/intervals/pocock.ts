import { exp } from '../../kernel/index.ts'
import { bisect } from './bisect.ts'
import { normalDistribution } from './normal.ts'

/** Steps of the integrals: the level is then known to 1e-5. */
const STEPS = 120
/** Standard deviations below 0 where densities end. */
const FAR = 7

/**
 * The level of each single look of a test that is looked at several times, so that the chance of a
 * false rejection at any look is `alpha`: one-sided, the same at every look (Pocock 1977), looks at
 * these shares of the whole sample. By recursive integration (Armitage, McPherson and Rowe 1969).
 */
export function pocockLevel(fractions: readonly number[], alpha: number): number {
  const rising = fractions.every((share, i) => share > (fractions[i - 1] ?? 0))
  if (fractions.length === 0 || !rising) throw new RangeError('Expected rising shares above 0')
  if (!(alpha > 0 && alpha < 0.5)) throw new RangeError(`Expected 0 < alpha < 0.5, got ${alpha}`)
  const [limit] = bisect([0, 8], 24, (z) => anyAbove(fractions, z) > alpha)
  return 1 - normalDistribution(limit)
}

/** Chance that the standardised mean exceeds z at any look, without an effect. */
function anyAbove(fractions: readonly number[], z: number): number {
  let [points, weights]: [number[], number[]] = [[0], [1]]
  let before = 0
  let above = 0
  for (const share of fractions) {
    const spread = Math.sqrt(share - before)
    const top = z * Math.sqrt(share)
    for (const [i, point] of points.entries()) {
      above += weights[i]! * (1 - normalDistribution((top - point) / spread))
    }
    const [next, nextWeights] = [simpson(-FAR * Math.sqrt(share), top), [] as number[]]
    for (const { at, weight } of next) {
      let density = 0
      for (const [i, point] of points.entries()) {
        density += weights[i]! * exp(-(((at - point) / spread) ** 2) / 2)
      }
      nextWeights.push((weight * density) / (spread * Math.sqrt(2 * Math.PI)))
    }
    ;[points, weights, before] = [next.map(({ at }) => at), nextWeights, share]
  }
  return above
}

function simpson(from: number, to: number): { readonly at: number; readonly weight: number }[] {
  const step = (to - from) / STEPS
  return Array.from({ length: STEPS + 1 }, (_, i) => {
    const factor = i === 0 || i === STEPS ? 1 : i % 2 === 1 ? 4 : 2
    return { at: from + i * step, weight: (factor * step) / 3 }
  })
}
