/** Poisson probabilities of 0, 1, …, until about 1e-18 is left; from the mode outwards. */
export function poissonProbabilities(mean: number): Float64Array {
  const mode = Math.floor(mean)
  const weights = new Float64Array(mode + 1 + Math.ceil(12 * Math.sqrt(mean) + 24))
  weights[mode] = 1
  let total = 1
  for (let n = mode; n > 0; n--) total += weights[n - 1] = (weights[n]! * n) / mean
  for (let n = mode + 1; n < weights.length; n++) {
    total += weights[n] = (weights[n - 1]! * mean) / n
  }
  return weights.map((weight) => weight / total)
}
