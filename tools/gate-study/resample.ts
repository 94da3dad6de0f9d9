import { median } from 'simple-statistics'
import type { Gate, GateBlock, GateVerdict } from '../../sim/documents/index.ts'
import { runGate } from '../../sim/experiment/index.ts'
import { stream } from '../../sim/kernel/index.ts'

/** Verdicts of gates whose blocks are drawn from recorded ones. */
export interface Resampled {
  readonly margin: number
  readonly gates: number
  readonly shares: Readonly<Record<GateVerdict, number>>
  /** mean number of blocks, those of the confirmation included */
  readonly blocks: number
}

/** As in a live gate. */
const MOST_CONTROL = 0.02

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
    const controls: number[] = []
    const run = runGate(() => {
      const block = blocks[random.integer(blocks.length)]!
      if (block.control !== null) controls.push(block.control)
      return block.metrics
    }, margin)
    const moved = controls.length > 0 && Math.abs(median(controls)) > MOST_CONTROL
    shares[moved ? 'UNDECIDED' : run.verdict] += 1 / gates
    used += run.blocks + run.fresh
  }
  return { margin, gates, shares, blocks: used / gates }
}
