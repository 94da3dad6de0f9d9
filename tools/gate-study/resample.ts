import type { Gate, GateBlock, GateVerdict } from '../../sim/documents/index.ts'
import { controlOf, driftBy, runGate } from '../../sim/experiment/index.ts'
import { stream } from '../../sim/kernel/index.ts'

/** Verdicts of gates whose blocks are drawn from recorded ones. */
export interface Resampled {
  readonly margin: number
  readonly gates: number
  readonly shares: Readonly<Record<GateVerdict, number>>
  /** mean number of blocks, those of the confirmation included */
  readonly blocks: number
}

export const blocksOf = (gates: readonly Gate[]): GateBlock[] =>
  gates.flatMap(({ cases }) => cases.flatMap(({ measured }) => measured?.blocks ?? []))

/** Runs the whole rule so many times, each gate with blocks drawn from these with replacement. */
export function resample(
  blocks: readonly GateBlock[],
  margin: number,
  gates: number,
  seed: number,
): Resampled {
  const shares = { PASS: 0, IMPROVED: 0, FAIL: 0, UNDECIDED: 0 }
  const random = stream(seed, 0, 'resampled gates')
  let used = 0
  for (let i = 0; i < gates; i++) {
    const drawn: GateBlock[] = []
    const run = runGate(() => {
      const block = blocks[random.integer(blocks.length)]!
      drawn.push(block)
      return block.metrics
    }, margin)
    shares[driftBy(controlOf(drawn)) === null ? run.verdict : 'UNDECIDED'] += 1 / gates
    used += run.blocks + run.fresh
  }
  return { margin, gates, shares, blocks: used / gates }
}
