import type { Polynomials } from './orthonormal.ts'

/** A product of polynomials of some inputs; none for the constant. */
export type Term = readonly { readonly input: number; readonly degree: number }[]

/** Of a fit, at most this share of the draws are terms. */
const MOST_TERMS = 1 / 3

export const mostTerms = (draws: number): number => Math.floor(draws * MOST_TERMS)

/** A power of 2, as many draws as Sobol sequences are even with. */
const drawsFor = (terms: number) => Math.max(32, 2 ** Math.ceil(Math.log2(terms / MOST_TERMS)))

/** The fewest draws that show the effects of so many inputs. */
export const leastDraws = (inputs: number): number => drawsFor(1 + inputs)

/** The fewest draws that show what two of so many inputs do together. */
export const drawsForPairs = (inputs: number): number =>
  drawsFor(1 + 2 * inputs + (inputs * (inputs - 1)) / 2)

/** Largest degree of one input in the terms that every fit has. */
const DEGREES = 3

/**
 * The terms of a fit, at most so many: the constant and each input, then squares, products of two
 * inputs, and cubes, each kind only where all of it have room.
 */
export function plainTerms(polynomials: readonly Polynomials[], most: number): Term[] {
  const alone = (degree: number): Term[] =>
    polynomials.flatMap(({ slopes }, input) =>
      slopes.length < degree ? [] : [[{ input, degree }]],
    )
  const pairs = alone(1).flatMap(([a], i, all) => all.slice(i + 1).map(([b]): Term => [a!, b!]))
  const terms: Term[] = [[], ...alone(1)]
  for (const kind of [alone(2), pairs, alone(DEGREES)]) {
    if (terms.length + kind.length <= most) terms.push(...kind)
  }
  return terms
}

/**
 * All terms up to the largest sum of degrees of which all have room, the constant first; none
 * where plain terms have as many.
 */
export function richTerms(polynomials: readonly Polynomials[], most: number): Term[] {
  let terms: Term[] = [[]]
  for (let degree = 1; ; degree++) {
    const next = termsUpTo(polynomials, degree, most)
    // no input has polynomials of a higher degree, or there is no room for them
    if (next === null || next.length === terms.length) return degree > DEGREES ? terms : []
    terms = next
  }
}

/** The terms whose degrees add up to at most `degree`; null where these are more than `most`. */
function termsUpTo(
  polynomials: readonly Polynomials[],
  degree: number,
  most: number,
): Term[] | null {
  let terms: { readonly term: Term; readonly rest: number }[] = [{ term: [], rest: degree }]
  for (const [input, { slopes }] of polynomials.entries()) {
    terms = terms.flatMap(({ term, rest }) =>
      Array.from({ length: Math.min(rest, slopes.length) + 1 }, (_, of) => ({
        term: of === 0 ? term : [...term, { input, degree: of }],
        rest: rest - of,
      })),
    )
    if (terms.length > most) return null
  }
  return terms.map(({ term }) => term)
}
