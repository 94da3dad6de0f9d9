/** How a range of numbers becomes 8 bits: number = scale * (level - zero). */
export interface Levels {
  readonly scale: number
  /** the level of the number 0, which is then exact: padding and Relu give it often */
  readonly zero: number
}

/** What a value took in all runs of a calibration. */
export interface Range {
  readonly min: number
  readonly max: number
  /** whether every element was a number, and no infinite one */
  readonly finite: boolean
}

const LARGEST_LEVEL = 255

/**
 * Weights use the levels −64 to 64. Kernels without VNNI add two products of uint8 and int8 in 16
 * bits: 2 · 255 · 64 is 32,640, and larger levels could saturate.
 */
export const LARGEST_WEIGHT_LEVEL = 64

/** Products of scales below it would not be normal float32. */
const LEAST_SCALE = 1e-36

/** Biases are int32 in steps of both scales; half of its range leaves room for the sum. */
const LARGEST_BIAS_LEVEL = 2 ** 30

/** Levels of uint8 from the least to the largest of a range, which always includes 0. */
export function activationLevels({ min, max }: Range): Levels {
  const low = Math.min(0, min)
  const high = Math.max(0, max)
  const exact = (high - low) / LARGEST_LEVEL
  if (exact < 1e-30) return { scale: 1, zero: 0 }
  const zero = Math.round((0 - low) / exact)
  let scale = Math.fround(exact)
  // ONNX Runtime drops a Clip to `max` only where no level lies beyond it
  while (zero === 0 && Math.fround(scale * LARGEST_LEVEL) > high) {
    scale = Math.fround(scale * (1 - 2 ** -23))
  }
  return { scale, zero }
}

export interface QuantisedWeights {
  readonly levels: Int8Array
  /** of each output channel */
  readonly scales: Float32Array
}

export interface Weights {
  readonly dims: readonly number[]
  /** in C order */
  readonly values: Float32Array
  /** the axis of output channels */
  readonly axis: number
}

export interface Bias {
  readonly values: Float32Array
  /** scale of the input that weights are multiplied with */
  readonly inputScale: number
}

/**
 * Levels of int8, symmetric about 0, by output channel. A channel of small weights has a scale at
 * which its bias still fits into 32 bits.
 */
export function quantiseWeights(weights: Weights, bias: Bias | null): QuantisedWeights {
  const { values } = weights
  const scales = new Float32Array(weights.dims[weights.axis]!)
  eachElement(weights, (i, channel) => {
    scales[channel] = Math.max(scales[channel]!, Math.abs(values[i]!) / LARGEST_WEIGHT_LEVEL)
  })
  for (const [channel, scale] of scales.entries()) {
    scales[channel] = Math.max(scale, leastScale(bias, channel))
  }
  const levels = new Int8Array(values.length)
  eachElement(weights, (i, channel) => {
    levels[i] = Math.round(values[i]! / scales[channel]!)
  })
  return { levels, scales }
}

/** Calls `visit` with the place of each element and its output channel. */
function eachElement(
  { dims, axis, values }: Weights,
  visit: (i: number, channel: number) => void,
): void {
  const channels = dims[axis]!
  const inner = dims.slice(axis + 1).reduce((product, size) => product * size, 1)
  for (let from = 0, channel = 0; from < values.length; from += inner) {
    for (let i = from; i < from + inner; i++) visit(i, channel)
    channel = channel + 1 < channels ? channel + 1 : 0
  }
}

function leastScale(bias: Bias | null, channel: number): number {
  if (bias === null) return LEAST_SCALE
  const step = Math.abs(bias.values[channel]!) / LARGEST_BIAS_LEVEL
  return Math.max(LEAST_SCALE, step) / bias.inputScale
}

/** A bias in steps of the scale of the input times that of the weights of its channel. */
export function quantiseBias(
  { values, inputScale }: Bias,
  weightScales: Float32Array,
): { levels: Int32Array; scales: Float32Array } {
  const scales = weightScales.map((scale) => scale * inputScale)
  const levels = Int32Array.from(values, (value, i) => Math.round(value / scales[i]!))
  return { levels, scales }
}
