/**
 * Signed errors, predicted over measured - 1: the smallest, the ends of the middle half and its
 * middle, and the largest.
 */
export type ErrorQuartiles = readonly [
  least: number,
  lower: number,
  middle: number,
  upper: number,
  most: number,
]

/** Errors by the name of the card, and of all measured cards together. */
type CardErrors = Readonly<Record<string, ErrorQuartiles>> & { readonly any: ErrorQuartiles }
type Kind = 'encoder' | 'decoder'

/**
 * What usual efficiencies on the figures of a card missed published times by, and what a fit to the
 * rows of a card missed those by that were left out. `npm run articles -- accelerators` computes
 * these figures, whose sources are on docs/background/accelerators.md, and a test compares them
 * with the data. Ends are rounded outwards to percents.
 */
export const USUAL_ERRORS: Readonly<Record<Kind, CardErrors>> = {
  encoder: {
    t4: [-0.69, -0.36, -0.15, 0.01, 0.17],
    'a100-sxm-40': [-0.64, -0.45, -0.23, 0.07, 0.7],
    any: [-0.69, -0.39, -0.2, 0.02, 0.7],
  },
  decoder: {
    'a100-sxm-80': [-0.73, -0.36, -0.27, -0.06, 0.41],
    'h100-sxm': [-0.76, -0.43, -0.34, -0.13, 0.07],
    any: [-0.76, -0.39, -0.29, -0.1, 0.41],
  },
}

export const FITTED_ERRORS: Readonly<Record<Kind, CardErrors>> = {
  encoder: {
    t4: [-0.33, -0.03, -0.01, 0.05, 0.21],
    'a100-sxm-40': [-0.36, -0.06, -0.01, 0.07, 0.63],
    any: [-0.36, -0.05, -0.01, 0.06, 0.63],
  },
  decoder: {
    'a100-sxm-80': [-0.34, -0.04, 0.03, 0.06, 0.43],
    'h100-sxm': [-0.37, -0.04, 0.03, 0.06, 0.39],
    any: [-0.37, -0.04, 0.03, 0.06, 0.43],
  },
}

/** The errors of a card, or of all measured ones where it is none of these. */
export function errorsOn(errors: CardErrors, card: string): ErrorQuartiles {
  return Object.hasOwn(errors, card) ? errors[card]! : errors.any
}
