import {
  preemptiveMeanSojourns,
  type TokenSharing,
  tokenSharingMeanSojourn,
} from '../../theory/index.ts'
import { meanSojourn } from './theory-figures.ts'
import type { TheoryCase } from './theory-judge.ts'
import { type TheoryTraffic, theoryCase } from './theory-scenario.ts'

type Tokens = NonNullable<TheoryTraffic['output_tokens']>

const MEAN_TOKENS = 1000

/** Prompts take no time, so a sequence of K tokens takes part in K steps. */
function sharing(model: string, tokens: Tokens, system: TokenSharing): TheoryCase {
  return theoryCase({
    model,
    traffic: [{ rate: system.arrivalRate, output_tokens: tokens }],
    requests: 60_000,
    work: { law: 'generation', base_ms: system.base, per_sequence_ms: system.perSequence },
    generation: {
      policy: 'continuous',
      max_sequences: Math.min(system.limit, 4096),
      token_budget: 8192,
    },
    figures: [meanSojourn(tokenSharingMeanSojourn(system))],
  })
}

const ALIKE: Tokens = { distribution: 'fixed', value: MEAN_TOKENS }
const GEOMETRIC: Tokens = { distribution: 'geometric', mean: MEAN_TOKENS }

const SHARED: TokenSharing = {
  arrivalRate: 1,
  meanTokens: MEAN_TOKENS,
  base: 0.001,
  perSequence: 0.0006,
  limit: Number.POSITIVE_INFINITY,
}
/** Step time proportional to the number of sequences: processor sharing. */
const PROCESSOR: TokenSharing = { ...SHARED, base: 0, perSequence: 0.0007 }

/**
 * Eight sequence slots and answers of equal length: the formula for geometric lengths does not
 * hold.
 */
export function cappedAlike(): TheoryCase {
  return sharing('Continuous batching, 8 places, answers alike', ALIKE, { ...SHARED, limit: 8 })
}

/**
 * Preemptive priorities with exponential service, in steps of 1/500 of it; the first class goes
 * first.
 */
function preemptive(): TheoryCase {
  const step = 0.002
  const [first, second] = [0.25, 0.35]
  const meanTokens = 500
  const queue = {
    meanService: meanTokens * step,
    secondMoment: step * step * (2 * meanTokens * meanTokens - meanTokens),
  }
  const theory = preemptiveMeanSojourns(
    [first, second].map((arrivalRate) => ({ arrivalRate, ...queue })),
  )
  return theoryCase({
    model: 'M/M/1, preemptive resume, load 0.6',
    traffic: [first, second].map((rate, i) => ({
      rate,
      priority: i + 1,
      output_tokens: { distribution: 'geometric', mean: meanTokens },
    })),
    requests: 80_000,
    work: { law: 'generation', base_ms: step },
    queue: { discipline: 'priority' },
    generation: {
      policy: 'continuous',
      max_sequences: 1,
      preemption: 'swap',
      swap_ms_per_token: 0,
      preempt_by_priority: true,
    },
    figures: [meanSojourn(theory[0]!), meanSojourn(theory[1]!, 1)],
  })
}

/** Engines whose steps are short compared with service times. */
export function generationCases(): TheoryCase[] {
  return [
    sharing('Processor sharing, answers alike, load 0.7', ALIKE, PROCESSOR),
    sharing('Processor sharing, geometric answers, load 0.7', GEOMETRIC, PROCESSOR),
    sharing('Continuous batching, answers alike', ALIKE, SHARED),
    sharing('Continuous batching, geometric answers', GEOMETRIC, SHARED),
    sharing('Continuous batching, 8 places, geometric answers', GEOMETRIC, { ...SHARED, limit: 8 }),
    preemptive(),
  ]
}
