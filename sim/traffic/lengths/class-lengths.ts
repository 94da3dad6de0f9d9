import type { Lengths, TrafficClass } from '../../../scenarios/schema/schema.ts'
import { stream } from '../../kernel/index.ts'
import { normalQuantile } from '../../stats/index.ts'
import type { RowFeed } from '../trace/trace-feed.ts'
import { correlatedLengths, type ScoredLengths, scheduledLengths } from './correlated-lengths.ts'
import { type LengthDistribution, type LengthPair, lengthDistribution } from './lengths.ts'

/** For classes without generation. */
const NO_OUTPUT: LengthDistribution = Object.freeze({ draw: () => 0 })

/** A column of lengths, and its schedule of levels. */
interface Column {
  readonly name: 'lengths' | 'outputs'
  readonly lengths: Lengths | undefined
  readonly level: 'input_level' | 'output_level'
}

/** The lengths of a class, each column from its own random stream. */
export function classLengths(
  traffic: TrafficClass,
  feed: RowFeed | null,
  { seed, replication }: { readonly seed: number; readonly replication: number },
): LengthPair {
  const { class: name, length_schedule: schedule = [], length_correlation: correlation } = traffic
  const input: Column = { name: 'lengths', lengths: traffic.input_tokens, level: 'input_level' }
  const output: Column = { name: 'outputs', lengths: traffic.output_tokens, level: 'output_level' }
  const streamOf = (column: Column) => stream(seed, replication, `${column.name}:${name}`)
  const scored = (column: Column): ScoredLengths => {
    const { lengths, level } = column
    if (lengths === undefined || lengths.distribution === 'trace') {
      throw new Error(`Expected ${column.name} of ${name} that are drawn`)
    }
    const steps = schedule.map((step) => ({
      atMs: 1000 * step.at_s,
      shift: normalQuantile(step[level] ?? USUAL_LEVEL),
    }))
    return { lengths, steps, random: streamOf(column) }
  }
  if (correlation !== undefined) {
    return correlatedLengths(scored(input), scored(output), correlation)
  }
  const alone = (column: Column): LengthDistribution => {
    const { lengths, level } = column
    if (lengths === undefined) return NO_OUTPUT
    if (lengths.distribution === 'trace') {
      if (feed === null) throw new Error(`Expected the trace of ${name} to be read`)
      return { draw: column.name === 'lengths' ? () => feed.length() : () => feed.output() }
    }
    const follows = schedule.some((step) => step[level] !== undefined)
    return follows
      ? scheduledLengths(scored(column))
      : lengthDistribution(lengths, streamOf(column))
  }
  return { lengths: alone(input), outputs: alone(output) }
}

/** The level at which the median is unchanged. */
const USUAL_LEVEL = 0.5
