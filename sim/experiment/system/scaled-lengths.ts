import type { Lengths, Scenario } from '../../../scenarios/schema/schema.ts'
import { takesLength } from '../../../scenarios/schema/takes-length.ts'

/**
 * The scenario with requests about `factor` times as long, up to the largest length that each
 * distribution allows. Null where no model takes lengths or those of a class cannot be scaled. The
 * lengths of a trace are scaled as it is read: traces that are held have to be read again.
 */
export function withLengths(scenario: Scenario, factor: number): Scenario | null {
  const { pools, models, traffic } = scenario
  if (!pools.some(({ model }) => takesLength(models[model]!))) return null
  const scaled = traffic.flatMap((ofClass) => {
    const { arrivals, input_tokens, output_tokens } = ofClass
    const [inputs, outputs] = [input_tokens, output_tokens].map(
      (of) => of?.distribution === 'trace',
    )
    const ofTrace = inputs || outputs
    if (ofTrace && arrivals.process !== 'trace') return []
    const scales = arrivals.process === 'trace' && {
      ...(inputs && { length_scale: factor * arrivals.length_scale }),
      ...(outputs && { output_scale: factor * (arrivals.output_scale ?? 1) }),
    }
    return [
      {
        ...ofClass,
        input_tokens: scaledLengths(input_tokens, factor),
        ...(output_tokens && { output_tokens: scaledLengths(output_tokens, factor) }),
        ...(ofTrace && { arrivals: { ...arrivals, ...scales } as typeof arrivals }),
      },
    ]
  })
  return scaled.length < traffic.length ? null : { ...scenario, traffic: scaled }
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
