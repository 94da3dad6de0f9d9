import type { Pool, Work } from '../../../scenarios/schema/schema.ts'

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
    any: [-0.5, -0.2, -0.1, 0.1, 0.5], // TODO run
  },
  decoder: {
    any: [-0.5, -0.2, -0.1, 0.1, 0.5], // TODO run
  },
}

export const FITTED_ERRORS: Readonly<Record<Kind, CardErrors>> = {
  encoder: {
    any: [-0.5, -0.2, -0.1, 0.1, 0.5], // TODO run
  },
  decoder: {
    any: [-0.5, -0.2, -0.1, 0.1, 0.5], // TODO run
  },
}

/** The errors of a card, or of all measured ones where it is none of these. */
export function errorsOn(errors: CardErrors, card: string): ErrorQuartiles {
  return Object.hasOwn(errors, card) ? errors[card]! : errors.any
}

/** What usual efficiencies miss by in a pool; null where the model states its own, or none. */
export function usualErrors(work: Work, { accelerator }: Pool): ErrorQuartiles | null {
  if (typeof accelerator === 'string') return null
  if (work.law !== 'transformer-encoder' && work.law !== 'transformer-decoder') return null
  if (work.efficiency !== undefined) return null
  const kind = work.law === 'transformer-encoder' ? 'encoder' : 'decoder'
  return errorsOn(USUAL_ERRORS[kind], accelerator.name)
}
