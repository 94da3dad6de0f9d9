import { mean } from 'simple-statistics'
import { type Engine, simulatedStage } from './engine.ts'
import { LINEAR, spaced } from './fit.ts'
import { OUTPUT_TOKENS, type Stage } from './load-test.ts'
import type { Candidate } from './posterior.ts'
import { FIGURES, type Figure } from './predictions.ts'

/** What laws that fit the stages as well say of other questions than those of the load test. */

/** Requests of a saturated engine with longer prompts. */
const LONG = { number: 4, rateRps: 100, requests: 6000, promptTokens: 1000, maxSequences: 128 }

export interface Range {
  readonly low: number
  readonly high: number
}

const rangeOf = (values: readonly number[]): Range => ({
  low: Math.min(...values),
  high: Math.max(...values),
})

/** Saturated requests/s with prompts of 1,000 tokens, over laws that fit as well. */
export function longPromptRates(draws: readonly Candidate[], laws: number): Range {
  const chosen = spaced(draws, ([, , prefill]) => prefill!, laws)
  return rangeOf(
    chosen.map(({ values }) => simulatedStage(LONG, LINEAR.engine(values), 1).throughputRps),
  )
}

/** The same law with the time of a sequence as that of its cached tokens. */
function byContext({ promptTokens }: Stage, values: readonly number[]): Engine {
  const engine = LINEAR.engine(values)
  const context = promptTokens + OUTPUT_TOKENS / 2
  const perToken = { per_sequence_ms: 0, per_context_token_ms: values[1]! / context }
  return { ...engine, work: { ...engine.work, ...perToken } as Engine['work'] }
}

/** The largest difference that this makes to throughput and TPOT of some stages, relative. */
export function contextDifference(stages: readonly Stage[], values: readonly number[]): number {
  const [first] = stages
  const [throughput, tpot] = FIGURES as [Figure, Figure]
  const differences = stages.flatMap((stage) => {
    const stated = simulatedStage(stage, LINEAR.engine(values), 1)
    const other = simulatedStage(stage, byContext(first!, values), 1)
    return [throughput, tpot].map(({ of }) => Math.abs(of(other) / of(stated) - 1))
  })
  return Math.max(...differences)
}

/** By how many per cent steps that take 1 % longer move a figure of a stage. */
export function elasticity(
  stage: Stage,
  values: readonly number[],
  figure: string,
  seeds: number,
): number {
  const { of } = FIGURES.find(({ name }) => name === figure)!
  const slower = values.map((value, i) => (i < 3 ? 1.01 * value : value))
  const at = (law: readonly number[]) =>
    mean(
      Array.from({ length: seeds }, (_, seed) =>
        of(simulatedStage(stage, LINEAR.engine(law), seed + 1)),
      ),
    )
  return 100 * (at(slower) / at(values) - 1)
}
