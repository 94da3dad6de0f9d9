import type { Gate, GateBlock, GateVerdict } from '../../sim/documents/index.ts'
import { controlOf, driftBy, runGate } from '../../sim/experiment/index.ts'
import { shuffled, stream } from '../../sim/kernel/index.ts'

/** Verdicts of gates whose blocks are drawn from recorded ones. */
export interface Resampled {
  readonly margin: number
  readonly gates: number
  readonly shares: Readonly<Record<GateVerdict, number>>
  /** mean number of blocks, those of the confirmation included */
  readonly blocks: number
}

export const blocksOf = (gates: readonly Gate[]): GateBlock[] => gates.flatMap(blocksIn)

const blocksIn = ({ cases }: Gate) => cases.flatMap(({ measured }) => measured?.blocks ?? [])

/** The blocks of each pair of processes: those of a confirmation are of another pair. */
export const pairsOf = (gates: readonly Gate[]): GateBlock[][] =>
  gates
    .flatMap((gate) =>
      [false, true].map((fresh) => blocksIn(gate).filter((of) => of.fresh === fresh)),
    )
    .filter((blocks) => blocks.length > 0)

/**
 * Runs the whole rule so many times. Each gate draws a pair of processes, and plays their blocks in
 * an order that is drawn; its confirmation draws another pair. Drawn with replacement, a third of
 * so few blocks would be repeated, which an exact test takes for further evidence.
 */
export function resample(
  pairs: readonly (readonly GateBlock[])[],
  margin: number,
  gates: number,
  seed: number,
): Resampled {
  const shares = { PASS: 0, IMPROVED: 0, FAIL: 0, UNDECIDED: 0 }
  const random = stream(seed, 0, 'resampled gates')
  let used = 0
  for (let i = 0; i < gates; i++) {
    const drawn: GateBlock[] = []
    const blocksOfPair = () => {
      const pair = pairs[random.integer(pairs.length)]!
      const order: GateBlock[] = []
      return () => {
        // a gate that needs more than were played begins again
        if (order.length === 0) order.push(...shuffled([...pair], random))
        const block = order.pop()!
        drawn.push(block)
        return block.metrics
      }
    }
    const run = runGate(blocksOfPair(), margin, blocksOfPair())
    shares[driftBy(controlOf(drawn)) === null ? run.verdict : 'UNDECIDED'] += 1 / gates
    used += run.blocks + run.fresh
  }
  return { margin, gates, shares, blocks: used / gates }
}
