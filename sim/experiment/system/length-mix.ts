import type { Scenario } from '../../../scenarios/schema/schema.ts'
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
import { lengthsTaken, type RoutedClass, sourcesOf } from '../capacity/routed-shares.ts'
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

/** Numbers of the classes whose requests a pool gets, by their models or by a transfer. */
function classesIn(plan: ServingPlan, pool: number): readonly number[] {
  const from = sourcesOf(plan, pool)
  return plan.classes.flatMap(({ pools: own }, i) =>
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

interface PromptAndAnswer {
  readonly input: number
  readonly output: number
  /** how much of the prompt has been computed before: what is shared, and what was said */
  readonly known: number
}

/** Prompts and answers of each class, one after another. */
function classPrompts(prepared: PreparedScenario): (() => PromptAndAnswer)[] {
  const { traffic: classes, seed } = prepared.scenario
  const inputs = lengthParts(prepared, 'input_tokens')
  const outputs = lengthParts(prepared, 'output_tokens')
  return classes.map((traffic, i) => {
    const carried = carriedContext(traffic, seed)
    const common = traffic.shared_prefix_tokens ?? 0
    return () => {
      const context = carried?.next() ?? 0
      const input = inputs[i]!.lengths.draw() + context
      const output = outputs[i]!.lengths.draw()
      carried?.record(input + output)
      return { input, output, known: Math.max(context, Math.min(input - 1, common)) }
    }
  })
}

/** Prompts and answers over all classes of a pool, weighted by their rates or loads. */
export function promptsAndAnswers(
  prepared: PreparedScenario,
  plan: ServingPlan,
  pool: number,
): () => PromptAndAnswer {
  const { seed } = prepared.scenario
  const weights = classWeights(prepared)
  const classes = classesIn(plan, pool).map((i) => ({
    lengths: { draw: () => i },
    weight: weights[i]!,
  }))
  const prompts = classPrompts(prepared)
  const number = mixedLengths(classes, seed)
  const draw = () => prompts[number()]!()
  const taken = lengthsTaken(plan, pool)
  return taken === null ? draw : sampledOnly(draw, ({ input }) => taken(input), seed)
}

/** What the router has to know of each class to say which share of its requests a pool gets. */
export function routedClasses(prepared: PreparedScenario): RoutedClass[] {
  let prompts: (() => PromptAndAnswer)[] | null = null
  return classWeights(prepared).map((weight, i) => ({
    weight,
    shareUpTo(length) {
      prompts ??= classPrompts(prepared)
      const drawn = Array.from({ length: SAMPLED_LENGTHS }, prompts[i]!)
      return drawn.filter(({ input }) => input <= length).length / SAMPLED_LENGTHS
    },
  }))
}

/** Draws from those of a sample that are taken; from all of them where none is. */
function sampledOnly<T>(draw: () => T, isTaken: (drawn: T) => boolean, seed: number): () => T {
  const sample = Array.from({ length: SAMPLED_LENGTHS }, draw)
  const taken = sample.filter(isTaken)
  const from = taken.length > 0 ? taken : sample
  const random = stream(seed, 0, 'routed-mix')
  return () => from[random.integer(from.length)]!
}

export interface LengthMix {
  readonly min: number
  readonly max: number
  readonly draw: () => number
}

/**
 * The mix of lengths over all classes of each pool, weighted by their rates or loads, as far as the
 * router sends them there: one and the same for pools of the same classes and lengths.
 */
export function lengthMixes(prepared: PreparedScenario, plan: ServingPlan): readonly LengthMix[] {
  const { scenario } = prepared
  const mixes = new Map<string, LengthMix>()
  return plan.pools.map((_, pool) => {
    const classes = classesIn(plan, pool)
    const taken = lengthsTaken(plan, pool)
    // a router that looks at lengths gives each pool a mix of its own
    const key = taken === null ? classes.join() : `pool ${pool}`
    const known = mixes.get(key)
    if (known !== undefined) return known
    const parts = lengthParts(prepared, 'input_tokens').filter((_, i) => classes.includes(i))
    const fixed = fixedLength(classes.map((i) => scenario.traffic[i]!))
    const draw = fixed === null ? mixedLengths(parts, scenario.seed) : () => fixed
    const all = mixOf(draw, fixed === null ? parts : [])
    const mix = taken === null ? all : routedMix(all, parts, taken, scenario.seed)
    mixes.set(key, mix)
    return mix
  })
}

/** The length of all requests of some classes; null where they differ. */
function fixedLength(classes: Scenario['traffic']): number | null {
  const lengths = classes.map(({ input_tokens: length }) =>
    length.distribution === 'fixed' ? length.value : null,
  )
  const [first = null] = lengths
  return lengths.every((length) => length === first) ? first : null
}

/** The part of a mix that a router sends to a pool; all of it where that is nothing. */
function routedMix(
  all: LengthMix,
  parts: readonly LengthPart[],
  isTaken: (length: number) => boolean,
  seed: number,
): LengthMix {
  const { min, max } = mixOf(all.draw, parts, isTaken)
  return min > max ? all : { min, max, draw: sampledOnly(all.draw, isTaken, seed) }
}

/** `isTaken`: the lengths of which the least and the largest are; default all. */
function mixOf(
  draw: () => number,
  parts: readonly LengthPart[],
  isTaken: (length: number) => boolean = () => true,
): LengthMix {
  let min = Number.POSITIVE_INFINITY
  let max = 1
  const sample = (drawn: () => number, count: number) => {
    for (let i = 0; i < count; i++) {
      const length = drawn()
      if (!isTaken(length)) continue
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
