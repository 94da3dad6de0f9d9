import type { Lengths, Scenario } from '../../../scenarios/schema/schema.ts'
import { type Random, stream } from '../../kernel/index.ts'
import { type ServingPlan, topologyOf } from '../../serving/index.ts'
import { normalQuantile } from '../../stats/index.ts'
import {
  carriedContext,
  correlatedLengths,
  type DrawnLengths,
  type LengthDistribution,
  type LengthPair,
  lengthDistribution,
  lengthMix,
  lengthQuantile,
  meanRate,
  pairMix,
} from '../../traffic/index.ts'
import { mixedLengths } from '../capacity/capacity.ts'
import type { Sequence } from '../capacity/endless-queue.ts'
import { lengthsTaken, type RoutedClass } from '../capacity/routed-shares.ts'
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
  const { classPools, sources } = topologyOf(plan)
  return classPools.flatMap((among, i) =>
    among.some((entry) => sources[pool]!.includes(entry)) ? i : [],
  )
}

interface LengthPart {
  readonly lengths: LengthDistribution
  readonly weight: number
  /** the length for a number that is uniform in [0, 1) */
  readonly lengthAt: (p: number) => number
  /** such numbers whose lengths stand for all: a mean over them is that of the distribution */
  readonly levels: number
}

/** Quantiles that stand for a distribution. */
const LEVELS = 10_000

/** Lengths of each class, and its weight. */
function lengthParts(prepared: PreparedScenario, column: Tokens): LengthPart[] {
  const { scenario, traces } = prepared
  const weights = classWeights(prepared)
  return scenario.traffic.map((traffic, index) => {
    const { class: name } = traffic
    const lengths = traffic[column] ?? { distribution: 'fixed', value: 1 }
    const purpose = column === 'input_tokens' ? 'mix' : 'output-mix'
    const random = stream(scenario.seed, 0, `${purpose}:${name}`)
    const weight = weights[index]!
    if (lengths.distribution !== 'trace') {
      const lengthAt = lengthQuantile(lengths)
      return { lengths: lengthDistribution(lengths, random), weight, lengthAt, levels: LEVELS }
    }
    const trace = traces.get(index)
    const sample = column === 'input_tokens' ? trace?.lengthSample : trace?.outputSample
    const recorded = sample ?? Int32Array.of(1)
    const { length: levels } = recorded
    const lengthAt = (p: number) => recorded[Math.floor(p * levels)]!
    return { lengths: lengthMix(recorded, random), weight, lengthAt, levels }
  })
}

/** Prompts and answers of each class, one after another. */
function classPrompts(prepared: PreparedScenario): (() => Sequence)[] {
  const { traffic: classes, seed } = prepared.scenario
  const pairs = lengthPairs(prepared)
  return classes.map((traffic, i) => {
    const carried = carriedContext(traffic, seed)
    const common = traffic.shared_prefix_tokens ?? 0
    const { lengths, outputs } = pairs[i]!
    return () => {
      const context = carried?.next() ?? 0
      const input = lengths.draw() + context
      const output = outputs.draw()
      carried?.record(input + output)
      const known = Math.max(context, Math.min(input - 1, common))
      return { class: i, input, output, known }
    }
  })
}

/** Prompts and answers of each class, as they belong together: draw the prompt first. */
function lengthPairs(prepared: PreparedScenario): LengthPair[] {
  const { scenario, traces } = prepared
  const prompts = lengthParts(prepared, 'input_tokens')
  const answers = lengthParts(prepared, 'output_tokens')
  return scenario.traffic.map((traffic, i) => {
    const { class: name, input_tokens: input, output_tokens: output } = traffic
    const { length_correlation: correlation } = traffic
    const random = stream(scenario.seed, 0, `pair-mix:${name}`)
    const trace = traces.get(i)
    if (input.distribution === 'trace' && output?.distribution === 'trace') {
      const [inputs, outputs] = [trace?.lengthSample, trace?.outputSample]
      // samples of one trace are of the same rows where each row has both
      if (inputs && inputs.length === outputs?.length) return pairMix(inputs, outputs, random)
    }
    const [first, second] = [evenly(random), evenly(random)]
    if (correlation === undefined || !isDrawn(input) || !isDrawn(output)) {
      return {
        lengths: { draw: () => prompts[i]!.lengthAt(first()) },
        outputs: { draw: () => answers[i]!.lengthAt(second()) },
      }
    }
    const scored = (lengths: DrawnLengths, draw: () => number) => ({
      lengths,
      steps: [],
      random: { normal: () => normalQuantile(draw()) },
    })
    return correlatedLengths(scored(input, first), scored(output, second), correlation)
  })
}

function isDrawn(lengths: Lengths | undefined): lengths is DrawnLengths {
  return lengths !== undefined && lengths.distribution !== 'trace'
}

/** Equal parts of a distribution, of which each is drawn from once in a round. */
const STRATA = 1000

/** Draws evenly from all parts of [0, 1), so that means have hardly any error. */
function evenly(random: Random): () => number {
  const strata = Int32Array.from({ length: STRATA }, (_, i) => i)
  let left = STRATA
  return () => {
    if (left === 0) left = STRATA
    // a step of a shuffle (Fisher and Yates 1938)
    const at = random.integer(left--)
    const stratum = strata[at]!
    strata[at] = strata[left]!
    strata[left] = stratum
    return (stratum + random.uniform()) / STRATA
  }
}

/** Prompts and answers over all classes of a pool, weighted by their rates or loads. */
export function promptsAndAnswers(
  prepared: PreparedScenario,
  plan: ServingPlan,
  pool: number,
): () => Sequence {
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
  let prompts: (() => Sequence)[] | null = null
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
  /** The mean of a function of the length, without an error of drawing. */
  readonly mean: (of: (length: number) => number) => number
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
    const mean: LengthMix['mean'] = fixed === null ? meanOver(parts) : (of) => of(fixed)
    const all = { ...mixOf(draw, fixed === null ? parts : []), mean }
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
  if (min > max) return all
  return { min, max, draw: sampledOnly(all.draw, isTaken, seed), mean: meanOver(parts, isTaken) }
}

/** Means over the lengths of all parts, each with its weight; `isTaken` as in `mixOf`. */
function meanOver(
  parts: readonly LengthPart[],
  isTaken: (length: number) => boolean = () => true,
): LengthMix['mean'] {
  const total = parts.reduce((sum, { weight }) => sum + weight, 0)
  return (of) => {
    let [sum, shares] = [0, 0]
    for (const { lengthAt, levels, weight } of parts) {
      const share = (total > 0 ? weight : 1) / levels
      for (let i = 0; i < levels; i++) {
        const length = lengthAt((i + 0.5) / levels)
        if (!isTaken(length)) continue
        sum += share * of(length)
        shares += share
      }
    }
    // lengths that are rarer than the quantiles are
    return shares > 0 ? sum / shares : meanOver(parts)(of)
  }
}

/** `isTaken`: the lengths of which the least and the largest are; default all. */
function mixOf(
  draw: () => number,
  parts: readonly LengthPart[],
  isTaken: (length: number) => boolean = () => true,
): Omit<LengthMix, 'mean'> {
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
