import { stream } from '../../kernel/index.ts'
import type { ServingPlan } from '../../serving/index.ts'
import {
  carriedContext,
  type LengthDistribution,
  lengthDistribution,
  lengthMix,
  meanRate,
} from '../../traffic/index.ts'
import { mixedLengths } from '../capacity/capacity.ts'
import type { PreparedScenario } from './prepared-scenario.ts'

const SAMPLED_LENGTHS = 20_000

type Tokens = 'input_tokens' | 'output_tokens'

/** Mean rate or load of each class: in proportion to what it sends, where all say the same. */
export function classWeights({ scenario, traces, clients }: PreparedScenario): number[] {
  const { traffic, seed, duration_s } = scenario
  return traffic.map((own, index) => {
    const [trace, rows] = [traces.get(index), clients.get(index)]
    return meanRate(own, { seed, endMs: 1000 * duration_s, trace, clients: rows })
  })
}

/** Numbers of the classes whose requests a pool gets, by routing or by a transfer. */
function classesIn({ classes, pools }: ServingPlan, pool: number): readonly number[] {
  const from = pools.flatMap(({ index, generation }) =>
    index === pool || generation?.handOver?.pool === pool ? index : [],
  )
  return classes.flatMap(({ pools: own }, i) =>
    own === null || own.some((one) => from.includes(one)) ? i : [],
  )
}

interface LengthPart {
  readonly lengths: LengthDistribution
  readonly weight: number
}

/** Lengths of each class, and its weight. */
function lengthParts(prepared: PreparedScenario, column: Tokens): LengthPart[] {
  const { scenario, traces } = prepared
  const weights = classWeights(prepared)
  return scenario.traffic.map((traffic, index) => {
    const { class: name } = traffic
    const lengths = traffic[column] ?? { distribution: 'fixed', value: 1 }
    const purpose = column === 'input_tokens' ? 'mix' : 'output-mix'
    const random = stream(scenario.seed, 0, `${purpose}:${name}`)
    const trace = traces.get(index)
    const recorded = column === 'input_tokens' ? trace?.lengthSample : trace?.outputSample
    return {
      lengths:
        lengths.distribution === 'trace'
          ? lengthMix(recorded ?? Int32Array.of(1), random)
          : lengthDistribution(lengths, random),
      weight: weights[index]!,
    }
  })
}

/**
 * Prompts and answers over all classes of a pool, weighted by their rates or loads, and how much of
 * each prompt has been computed before: what is shared and what was said in a conversation.
 */
export function promptsAndAnswers(
  prepared: PreparedScenario,
  plan: ServingPlan,
  pool: number,
): () => { input: number; output: number; known: number } {
  const { scenario } = prepared
  const inputs = lengthParts(prepared, 'input_tokens')
  const outputs = lengthParts(prepared, 'output_tokens')
  const classes = classesIn(plan, pool).map((i) => ({
    lengths: { draw: () => i },
    weight: inputs[i]!.weight,
  }))
  const contexts = scenario.traffic.map((traffic) => carriedContext(traffic, scenario.seed))
  const draw = mixedLengths(classes, scenario.seed)
  return () => {
    const i = draw()
    const carried = contexts[i]!
    const context = carried?.next() ?? 0
    const input = inputs[i]!.lengths.draw() + context
    const output = outputs[i]!.lengths.draw()
    carried?.record(input + output)
    const shared = Math.min(input - 1, scenario.traffic[i]!.shared_prefix_tokens ?? 0)
    return { input, output, known: Math.max(context, shared) }
  }
}

export interface LengthMix {
  readonly min: number
  readonly max: number
  readonly draw: () => number
}

/**
 * The mix of lengths over all classes of each pool, weighted by their rates or loads: one and the
 * same for pools of the same classes.
 */
export function lengthMixes(prepared: PreparedScenario, plan: ServingPlan): readonly LengthMix[] {
  const { scenario } = prepared
  const mixes = new Map<string, LengthMix>()
  return plan.pools.map((_, pool) => {
    const classes = classesIn(plan, pool)
    const known = mixes.get(classes.join())
    if (known !== undefined) return known
    const parts = lengthParts(prepared, 'input_tokens').filter((_, i) => classes.includes(i))
    const mix = mixOf(mixedLengths(parts, scenario.seed), parts)
    mixes.set(classes.join(), mix)
    return mix
  })
}

function mixOf(draw: () => number, parts: readonly LengthPart[]): LengthMix {
  let min = Number.POSITIVE_INFINITY
  let max = 1
  const sample = (drawn: () => number, count: number) => {
    for (let i = 0; i < count; i++) {
      const length = drawn()
      min = Math.min(min, length)
      max = Math.max(max, length)
    }
  }
  sample(draw, SAMPLED_LENGTHS)
  // a class that hardly sends anything may not be among them
  for (const { lengths } of parts.length > 1 ? parts : []) {
    sample(() => lengths.draw(), SAMPLED_LENGTHS / parts.length)
  }
  return { min, max, draw }
}
