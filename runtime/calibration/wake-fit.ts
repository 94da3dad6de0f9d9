import { median } from 'simple-statistics'

/** A batch that ran after an idle gap, with its excess over its work, ms. */
export interface GapSample {
  readonly gap: number
  readonly excess: number
}

/** Edges between gap classes, ms: three a decade from 10 µs to 100 ms. */
const EDGES = Array.from({ length: 13 }, (_, i) => 0.01 * 10 ** (i / 3))

/**
 * The wake-up cost by idle gap: the median excess over back-to-back work in each class of gaps,
 * with a knot at the class's median gap. Costs are made to rise with the gap by isotonic regression
 * (pool adjacent violators), since a longer sleep cannot leave caches warmer.
 */
export function fitWake(samples: readonly GapSample[]): { gapMs: number[]; ms: number[] } {
  const knots = classesOf(samples).map((members) => ({
    gap: median(members.map(({ gap }) => gap)),
    ms: median(members.map(({ excess }) => excess)),
    weight: members.length,
  }))
  const pooled: { gaps: number[]; ms: number; weight: number }[] = []
  for (const { gap, ms, weight } of knots) {
    pooled.push({ gaps: [gap], ms: Math.max(0, ms), weight })
    while (pooled.length > 1 && pooled.at(-2)!.ms > pooled.at(-1)!.ms) {
      const last = pooled.pop()!
      const previous = pooled.pop()!
      const sum = previous.weight + last.weight
      pooled.push({
        gaps: [...previous.gaps, ...last.gaps],
        ms: (previous.ms * previous.weight + last.ms * last.weight) / sum,
        weight: sum,
      })
    }
  }
  if (pooled.length === 0) return { gapMs: [0], ms: [0] }
  return {
    gapMs: pooled.flatMap(({ gaps }) => gaps),
    ms: pooled.flatMap(({ gaps, ms }) => gaps.map(() => ms)),
  }
}

/** Samples by class of gap, shortest first, without classes of fewer than three samples. */
export function classesOf<S extends { readonly gap: number }>(samples: readonly S[]): S[][] {
  const classes: S[][] = Array.from({ length: EDGES.length + 1 }, () => [])
  for (const sample of samples) {
    const above = EDGES.findIndex((edge) => sample.gap < edge)
    classes[above < 0 ? EDGES.length : above]!.push(sample)
  }
  return classes.filter((members) => members.length >= 3)
}
