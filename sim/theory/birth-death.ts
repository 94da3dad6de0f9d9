/** Highest states are cut where their probability, relative to the likeliest one, is below this. */
const NEGLIGIBLE = 1e-18

/**
 * Stationary probabilities of 0, 1, 2, … in a birth-and-death chain: that of n is proportional to
 * the product over k = 1 .. n of `ratio(k)`, the rate up from k - 1 over the rate down from k.
 * Weights are logarithms, because they overflow with many servers. States up to `least` are never
 * cut. A chain with a last state has a ratio of 0 after it. (Kleinrock 1975, chapter 3.)
 */
export function birthAndDeath(ratio: (n: number) => number, least: number): Float64Array {
  const logWeights = [0]
  let largest = 0
  for (let n = 1; n <= least || logWeights[n - 1]! >= largest + Math.log(NEGLIGIBLE); n++) {
    logWeights.push(logWeights[n - 1]! + Math.log(ratio(n)))
    largest = Math.max(largest, logWeights[n]!)
  }
  const weights = Float64Array.from(logWeights, (weight) => Math.exp(weight - largest))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return weights.map((weight) => weight / total)
}

/** Mean of a figure of the states. */
export function meanOver(probabilities: Float64Array, figure: (n: number) => number): number {
  return probabilities.reduce((sum, probability, n) => sum + probability * figure(n), 0)
}
