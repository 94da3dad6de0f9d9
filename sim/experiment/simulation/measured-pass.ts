import type { PassOnCard } from '../../accelerator/index.ts'
import type { StepBatch } from '../../world/index.ts'
import type { PlacedPool } from './accelerator-card.ts'
import {
  batchPart,
  type PassPart,
  type Placed,
  placed,
  stepParts,
  type TransformerWork,
} from './transformer-times.ts'

/** A batch or step of a pool as fits of its service times take it. */
export type FittablePass = Omit<PassOnCard, 'at'>

/** A batch of an encoder, padded to one length. */
export function encoderPass(
  work: TransformerWork,
  pool: PlacedPool,
  { size, length }: { readonly size: number; readonly length: number },
): FittablePass {
  const on = placed(work, pool)
  return passOf(on, pool, [batchPart(on, size, length)])
}

/** A step of a decoder. */
export function decoderPass(
  work: TransformerWork,
  pool: PlacedPool,
  step: StepBatch,
): FittablePass {
  const on = placed(work, pool)
  return passOf(on, pool, stepParts(on, step))
}

function passOf(on: Placed, pool: PlacedPool, parts: readonly PassPart[]): FittablePass {
  const [{ groups, tokens }, ...others] = parts as readonly [PassPart, ...PassPart[]]
  const { bandwidthGbS, tflops } = on.card
  return {
    groups,
    tokens,
    bandwidthGbS,
    tflops,
    precision: pool.precision,
    kernels: 'all',
    sharpParts: others,
    fixedMs: on.exchange(tokens),
  }
}
