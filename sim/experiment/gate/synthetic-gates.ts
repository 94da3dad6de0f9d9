import type { GateVerdict } from '../../documents/index.ts'
import { log, type Random, stream } from '../../kernel/index.ts'
import { runGate } from './decision.ts'

interface SyntheticGates {
  /** head over base, of every metric */
  readonly truth: number
  /** of ln of the ratio of a block */
  readonly deviation: number
  readonly margin: number
  readonly trials: number
  readonly seed: number
}

/** Metrics of a measured gate: service time, p50, p95 and p99. */
const METRICS = 4
/** Share of the variance that metrics of a block have in common: they have the same causes. */
const COMMON = 0.7
/** Share of blocks that the machine disturbs, and how many times as far those are off. */
const DISTURBED = 0.05
const FURTHER = 4

/** Shares of the verdicts of gates with drawn blocks: how often the rule is wrong, or tells. */
export function syntheticGates(options: SyntheticGates): Record<GateVerdict, number> {
  const shares = { PASS: 0, IMPROVED: 0, FAIL: 0, UNDECIDED: 0 }
  const random = stream(options.seed, 0, 'synthetic gates')
  for (let i = 0; i < options.trials; i++) {
    const { verdict } = runGate(() => drawnBlock(options, random), options.margin)
    shares[verdict] += 1 / options.trials
  }
  return shares
}

function drawnBlock({ truth, deviation }: SyntheticGates, random: Random): number[] {
  const size = deviation * (random.uniform() < DISTURBED ? FURTHER : 1)
  const common = Math.sqrt(COMMON) * random.normal()
  return Array.from(
    { length: METRICS },
    () => log(truth) + size * (common + Math.sqrt(1 - COMMON) * random.normal()),
  )
}
