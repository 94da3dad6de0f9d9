import type { Scenario } from '../../../scenarios/schema/schema.ts'
import type { RowColumns } from '../../stats/index.ts'

/** Requests of one class within a range of lengths. */
export interface LengthGroup {
  readonly class: number
  /** shortest and longest length of its requests, both included */
  readonly from: number
  readonly to: number
}

/** Shares of the requests of a class up to which its groups go, by the number of classes. */
const SPLITS: readonly { readonly most: number; readonly shares: readonly number[] }[] = [
  { most: 2, shares: [0.5, 0.9, 0.99, 1] },
  { most: 6, shares: [0.9, 1] },
  { most: Number.POSITIVE_INFINITY, shares: [1] },
]

/** Length of a request: tokens of its input, and those that it generates. */
export const lengthOf = (rows: RowColumns, key: number) =>
  rows.inputTokens[key]! + rows.outputTokens[key]!

/**
 * The groups of a run: each class split at quantiles of its lengths. Equal lengths stay together,
 * so there are fewer groups where lengths repeat.
 */
export function lengthGroups(
  traffic: Scenario['traffic'],
  runs: readonly RowColumns[],
): LengthGroup[] {
  const { shares } = SPLITS.find(({ most }) => traffic.length <= most)!
  return traffic.flatMap((_, index): LengthGroup[] => {
    const lengths = Int32Array.from(
      runs.flatMap((rows) =>
        Array.from(rows.class.keys())
          .filter((key) => rows.class[key] === index)
          .map((key) => lengthOf(rows, key)),
      ),
    ).sort()
    if (lengths.length === 0) return []
    const ends = shares.map((share) => lengths[Math.ceil(share * lengths.length) - 1]!)
    const groups: LengthGroup[] = []
    for (const to of new Set(ends)) {
      const before = groups.at(-1)?.to ?? Number.NEGATIVE_INFINITY
      groups.push({ class: index, from: lengths.find((length) => length > before)!, to })
    }
    return groups
  })
}

/** The number of the group of a request. */
export function groupFinder(groups: readonly LengthGroup[]) {
  return (rows: RowColumns, key: number): number => {
    const length = lengthOf(rows, key)
    return groups.findIndex((group) => group.class === rows.class[key] && length <= group.to)
  }
}
