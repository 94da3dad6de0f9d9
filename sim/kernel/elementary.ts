import stdExp from '@stdlib/math-base-special-exp'
import stdLog from '@stdlib/math-base-special-ln'

export { default as cos } from '@stdlib/math-base-special-cos'
export { default as gammaln } from '@stdlib/math-base-special-gammaln'
export { default as log1p } from '@stdlib/math-base-special-log1p'
export { default as sin } from '@stdlib/math-base-special-sin'

const SAMPLES = 1000

/**
 * Elementary functions with the same digits on every engine, so that a seed gives the same results
 * on every version of Node and in a browser. `Math.exp` and others may differ in the last bit from
 * engine to engine. These are FreeBSD's, in JavaScript, by stdlib.
 *
 * `exp` and `log` are needed several times a request, and `Math` has them at a third of the time.
 * So `Math` is used where it has the same digits. Engines that compute otherwise differ in some
 * percent of all values, so the samples find every one. They leave out exp(1), for which V8 has a
 * digit of its own.
 */
export const exp = usual(Math.exp, stdExp, (i) => (i - 499.5) / 25)
export const log = usual(Math.log, stdLog, (i) => (i + 1) / 1001)

function usual(
  ofEngine: (x: number) => number,
  portable: (x: number) => number,
  sample: (i: number) => number,
): (x: number) => number {
  for (let i = 0; i < SAMPLES; i++) {
    if (ofEngine(sample(i)) !== portable(sample(i))) return portable
  }
  return ofEngine
}
