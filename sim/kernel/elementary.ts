import stdCos from '@stdlib/math-base-special-cos'
import stdExp from '@stdlib/math-base-special-exp'
import stdGammaln from '@stdlib/math-base-special-gammaln'
import stdLog from '@stdlib/math-base-special-ln'
import stdLog1p from '@stdlib/math-base-special-log1p'
import stdSin from '@stdlib/math-base-special-sin'

type Function = (x: number) => number

const SAMPLES = 1000

/**
 * Elementary functions with the same digits on every engine, so that a seed gives the same results
 * on every version of Node and in a browser. `Math.exp` and others may differ in the last bit from
 * engine to engine. These are FreeBSD's, in JavaScript, by stdlib.
 *
 * `exp` and `log` are needed several times a request, and `Math` has them at a third of the time.
 * So `Math` is used where it has the same digits. Engines that compute otherwise differ in some
 * percent of all values, so the samples find every one. They leave out exp(1), for which V8 has a
 * digit of its own, and which no draw takes.
 */
export const cos: Function = stdCos
export const gammaln: Function = stdGammaln
export const log1p: Function = stdLog1p
export const sin: Function = stdSin
export const exp = usual(Math.exp, stdExp, (i) => (i - 499.5) / 25)
export const log = usual(Math.log, stdLog, (i) => (i + 1) / 1001)

function usual(ofEngine: Function, portable: Function, sample: Function): Function {
  for (let i = 0; i < SAMPLES; i++) {
    if (ofEngine(sample(i)) !== portable(sample(i))) return portable
  }
  return ofEngine
}
