import type { Lengths, TrafficClass } from './schema.ts'

/** What the lengths of a class follow from. */
type Lengthy = Pick<TrafficClass, 'arrivals' | 'input_tokens' | 'output_tokens'>

/**
 * The class with requests about `factor` times as long, up to the largest length that each
 * distribution allows. Lengths of a trace are scaled as it is read. Null where they are of a trace
 * that there is not.
 */
export function classAtLengths<T extends Lengthy>(ofClass: T, factor: number): T | null {
  const { arrivals, input_tokens, output_tokens }: Lengthy = ofClass
  const inputs = input_tokens.distribution === 'trace'
  const outputs = output_tokens?.distribution === 'trace'
  const ofTrace = inputs || outputs
  if (ofTrace && arrivals.process !== 'trace') return null
  const scales = arrivals.process === 'trace' && {
    ...(inputs && { length_scale: factor * arrivals.length_scale }),
    ...(outputs && { output_scale: factor * (arrivals.output_scale ?? 1) }),
  }
  return {
    ...ofClass,
    input_tokens: scaledLengths(input_tokens, factor),
    ...(output_tokens && { output_tokens: scaledLengths(output_tokens, factor) }),
    ...(ofTrace && { arrivals: { ...arrivals, ...scales } as typeof arrivals }),
  }
}

function scaledLengths(lengths: Lengths, factor: number): Lengths {
  const whole = (value: number) => Math.max(1, Math.round(factor * value))
  switch (lengths.distribution) {
    case 'trace':
      return lengths
    case 'fixed':
      return { ...lengths, value: whole(lengths.value) }
    case 'uniform':
      return { ...lengths, min: whole(lengths.min), max: whole(lengths.max) }
    case 'geometric':
      return { ...lengths, mean: Math.max(1, factor * lengths.mean) }
    case 'lognormal': {
      const { median, p99, max } = lengths
      return { ...lengths, median: Math.min(max, factor * median), p99: factor * p99 }
    }
    case 'quantiles': {
      const last = lengths.quantiles.at(-1)![1]
      const quantiles = lengths.quantiles.map(([at, length]): [number, number] => [
        at,
        Math.min(last, factor * length),
      ])
      return { ...lengths, quantiles }
    }
  }
}
