import { type Arrivals, arrivalParts } from '../scenarios/index.ts'
import { mixedLengths } from '../sim/experiment/index.ts'
import { stream } from '../sim/kernel/index.ts'
import { carriedContext, lengthDistribution, lengthMix } from '../sim/traffic/index.ts'
import type { Prepared } from './prepare.ts'

const SAMPLED_LENGTHS = 20_000

type Tokens = 'input_tokens' | 'output_tokens'

/** Lengths of each class, and its rate or load as a weight. */
function lengthParts({ scenario, traces }: Prepared, column: Tokens) {
  return scenario.traffic.map((traffic, index) => {
    const { class: name, arrivals } = traffic
    const lengths = traffic[column] ?? { distribution: 'fixed', value: 1 }
    const purpose = column === 'input_tokens' ? 'mix' : 'output-mix'
    const random = stream(scenario.seed, 0, `${purpose}:${name}`)
    const trace = traces.get(index)
    const recorded = column === 'input_tokens' ? trace?.lengthSample : trace?.outputSample
    const weights = arrivalParts(arrivals).map((own) => rateOrLoad(own, traffic.fan_out))
    return {
      lengths:
        lengths.distribution === 'trace'
          ? lengthMix(recorded ?? Int32Array.of(1), random)
          : lengthDistribution(lengths, random),
      weight: weights.reduce((sum, weight) => sum + weight, 0),
    }
  })
}

/**
 * Prompts and answers over all classes, weighted by their rates or loads, and how much of each
 * prompt has been computed before: what is shared and what was said in a conversation.
 */
export function promptsAndAnswers(
  prepared: Prepared,
): () => { input: number; output: number; known: number } {
  const { scenario } = prepared
  const inputs = lengthParts(prepared, 'input_tokens')
  const outputs = lengthParts(prepared, 'output_tokens')
  const classes = inputs.map(({ weight }, i) => ({ lengths: { draw: () => i }, weight }))
  const contexts = scenario.traffic.map((traffic) => carriedContext(traffic, scenario.seed))
  const draw = mixedLengths(classes, scenario.seed)
  return () => {
    const i = draw()
    const carried = contexts[i]!
    const context = carried?.next() ?? 0
    const input = inputs[i]!.lengths.draw() + context
    const output = outputs[i]!.lengths.draw()
    carried?.said(input + output)
    const shared = Math.min(input - 1, scenario.traffic[i]!.shared_prefix_tokens ?? 0)
    return { input, output, known: Math.max(context, shared) }
  }
}

/** The mix of lengths over all classes, weighted by their rates or loads. */
export function lengthsOf(prepared: Prepared): { min: number; max: number; draw: () => number } {
  const draw = mixedLengths(lengthParts(prepared, 'input_tokens'), prepared.scenario.seed)
  let min = Number.POSITIVE_INFINITY
  let max = 1
  for (let i = 0; i < SAMPLED_LENGTHS; i++) {
    const length = draw()
    min = Math.min(min, length)
    max = Math.max(max, length)
  }
  return { min, max, draw }
}

/**
 * A rate in parts of requests, or a load, whichever the scenario speaks of; of a schedule the first
 * step's.
 */
function rateOrLoad(arrivals: Exclude<Arrivals, { process: 'sum' }>, fanOut: number): number {
  if (arrivals.process === 'trace') return arrivals.load ?? fanOut
  if (arrivals.process === 'closed-loop') return arrivals.users * fanOut
  const stated = 'schedule' in arrivals ? (arrivals.schedule?.[0] ?? arrivals) : arrivals
  const { rate_rps, load } = stated
  return rate_rps === undefined ? (load ?? 1) : rate_rps * fanOut
}
