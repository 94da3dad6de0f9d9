import { acceleratorOf } from '../../../scenarios/schema/pool-accelerator.ts'
import type { Pool, Precision } from '../../../scenarios/schema/schema.ts'
import type { Accelerator } from '../../../scenarios/schema/schema-accelerator.ts'
import type { AcceleratedWork } from '../../../scenarios/schema/takes-length.ts'
import type { RooflineCard } from '../../accelerator/index.ts'
import type { Ms } from '../../serving/index.ts'

/** Bits of a weight; activations have at least 16. */
const WEIGHT_BITS: Readonly<Record<Precision, number>> = Object.freeze({
  fp32: 32,
  tf32: 32,
  fp16: 16,
  fp8: 8,
  int8: 8,
  int4: 4,
})
const LEAST_ACTIVATION_BITS = 16

/** Without `efficiency`: usual shares of the roofline, which nothing has calibrated. */
export const ASSUMED_EFFICIENCY: NonNullable<AcceleratedWork['efficiency']> = Object.freeze({
  compute: 0.5,
  memory: 0.7,
  launch_us: 5,
  saturation_tokens: 0,
})

export type PlacedPool = Pick<Pool, 'accelerator' | 'partition' | 'precision' | 'tensor_parallel'>

/** The accelerator of a pool as work at its precision meets it. */
export interface PoolCard {
  readonly accelerator: Accelerator
  readonly card: RooflineCard
  readonly weightBits: number
  readonly activationBits: number
}

/** The bits of a weight at the precision of a pool. */
export const weightBitsOf = ({ precision }: Pick<Pool, 'precision'>) => WEIGHT_BITS[precision]

export function cardOf(
  { efficiency = ASSUMED_EFFICIENCY }: Pick<AcceleratedWork, 'efficiency'>,
  pool: PlacedPool,
): PoolCard {
  const { precision } = pool
  const accelerator = acceleratorOf(pool)
  if (accelerator === null) throw new Error('Expected an accelerator with its figures')
  const weightBits = WEIGHT_BITS[precision]
  return {
    accelerator,
    card: {
      bandwidthGbS: accelerator.bandwidth_gb_s.value,
      tflops: tflopsAt(accelerator, precision),
      launchUs: efficiency.launch_us,
      computeEfficiency: efficiency.compute,
      memoryEfficiency: efficiency.memory,
      halfTokens: efficiency.saturation_tokens,
      sharpness: efficiency.sharpness ?? Number.POSITIVE_INFINITY,
    },
    weightBits,
    activationBits: Math.max(weightBits, LEAST_ACTIVATION_BITS),
  }
}

/** int4 weights are computed at fp16. */
function tflopsAt({ name, tflops }: Accelerator, precision: Precision): number {
  const found = tflops[precision === 'int4' ? 'fp16' : precision]
  if (found === undefined) throw new Error(`Expected ${name} to compute at ${precision}`)
  return found.value
}

/** Above all lengths, to keep pairs of size and length apart. */
const LONGEST = 2 ** 32

/** A mean time that is computed once for each pair of size and length: a run has few. */
export function remembered(
  mean: (size: number, length: number) => Ms,
): (size: number, length: number) => Ms {
  const known = new Map<number, Ms>()
  return (size, length) => {
    const key = size * LONGEST + length
    let ms = known.get(key)
    if (ms === undefined) {
      ms = mean(size, length)
      known.set(key, ms)
    }
    return ms
  }
}
