import { type AcceleratedWork, takesLength } from '../../../scenarios/schema/takes-length.ts'
import { type KernelGroup, passTime } from '../../accelerator/index.ts'
import { type MeanWork, scattered } from '../../world/index.ts'
import { cardOf, type PlacedPool, remembered } from './accelerator-card.ts'

type OperationsWork = Extract<AcceleratedWork, { law: 'operations' }>

/** Bits of the figures in MiB. */
const COUNTED_BITS = 32
const MIB = 2 ** 20

/**
 * Batches of a net that is known by its totals, each padded to the length that is computed for all
 * its members. The kernels are one group: a batch takes their launches and the longer of all its
 * computing and all its moving (Williams, Waterman and Patterson 2009).
 */
export function operationsWork(work: OperationsWork, pool: PlacedPool): MeanWork {
  const part = operationsPart(work, pool)
  const mean = (size: number, length: number) => {
    const { card, group, tokens } = part(size, length)
    return passTime(card, [group], tokens).ms
  }
  return scattered(remembered(mean), work)
}

/** The kernels of a batch, and the card that they run on. */
export function operationsPart(work: OperationsWork, pool: PlacedPool) {
  const { card, weightBits, activationBits } = cardOf(work, pool)
  const lengthy = takesLength({ work, ragged: false })
  return (size: number, length: number) => {
    const { gflops, movedMib } = totalsOf(work, size, length)
    const group: KernelGroup = {
      name: 'linear',
      flops: gflops * 1e9,
      bytes: storedBytes(work, weightBits) + (movedMib * activationBits * MIB) / COUNTED_BITS,
      launches: work.kernels,
    }
    return { card, group, tokens: lengthy ? size * length : size }
  }
}

/** Bytes of the weights at so many bits each. */
export const storedBytes = (work: OperationsWork, bits: number) =>
  (work.weights_mib * bits * MIB) / COUNTED_BITS

function totalsOf(work: OperationsWork, size: number, length: number) {
  const all = (item: number, token: number, pair: number) =>
    size * (item + length * (token + length * pair))
  return {
    gflops: all(work.gflops_per_item, work.gflops_per_token, work.gflops_per_token_squared),
    movedMib: all(
      work.moved_mib_per_item,
      work.moved_mib_per_token,
      work.moved_mib_per_token_squared,
    ),
  }
}
