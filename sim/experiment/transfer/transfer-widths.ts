/** What of the place of a fit differs where it is used. */
export type Change = 'card' | 'precision' | 'engine' | 'tensor_parallel' | 'partition'

/** The smallest and the largest error that transfers have shown, predicted over measured - 1. */
export interface TransferWidth {
  readonly low: number
  readonly high: number
  /** median of the absolute errors */
  readonly median: number
}

/**
 * What fits that were used elsewhere missed by, by the kind of model and by what differed: every
 * published series was predicted by the fit to each other one of the same model, so each card is
 * left out once. `npm run articles -- accelerators` computes these figures, whose sources are on
 * docs/background/accelerators.md, and a test compares them with the data. Rounded outwards to
 * percents.
 */
export const TRANSFER_WIDTHS: Readonly<
  Record<'encoder' | 'decoder', Readonly<Record<string, TransferWidth>>>
> = Object.freeze({
  encoder: {
    card: { low: -0.4, high: 0.55, median: 0.22 },
    precision: { low: -0.64, high: 1.36, median: 0.24 },
    engine: { low: -0.4, high: 0.34, median: 0.06 },
    'card+precision': { low: -0.78, high: 1.39, median: 0.23 },
    'card+engine': { low: -0.4, high: 0.55, median: 0.21 },
    'precision+engine': { low: -0.77, high: 1.28, median: 0.23 },
    'card+precision+engine': { low: -0.78, high: 2.21, median: 0.23 },
  },
  decoder: {
    card: { low: -0.41, high: 0.57, median: 0.11 },
    tensor_parallel: { low: -0.69, high: 2.3, median: 0.45 },
    'card+tensor_parallel': { low: -0.73, high: 2.68, median: 0.47 },
  },
})

/** The key of a width: what differs, in a fixed order. */
export function changesKey(changes: readonly Change[]): string {
  const order = ['card', 'precision', 'engine', 'tensor_parallel', 'partition'] as const
  return order.filter((change) => changes.includes(change)).join('+')
}
