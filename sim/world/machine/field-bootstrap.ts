import { log, type Random } from '../../kernel/index.ts'
import type { Ms } from '../../serving/index.ts'
import type { RecordedField } from './profile.ts'
import type { MachineField, Steps } from './recorded-field.ts'
import { type Intervals, joinIntervals } from './stalls.ts'

/** Short enough to have many, long enough for a whole slow period: 10–300 ms were observed. */
const BLOCK_MS = 500

/**
 * Draws the speed field of a machine on another day from recorded ones: blocks of time, drawn with
 * replacement (moving-block bootstrap, Künsch 1989). A block is drawn for all executors at once,
 * because executors that share cores slow down together.
 *
 * Blocks alone would average out drift slower than a block. Each field is therefore split into its
 * level (the median of its speed) and the rest. The level is drawn once for the whole run, the rest
 * block by block. Stalls of the dispatcher are drawn with the blocks.
 */
export function bootstrapField(
  recorded: readonly RecordedField[],
  executors: number,
  durationMs: Ms,
  random: Random,
): MachineField {
  const fields = fieldsOf(recorded, executors)
  const levels = fields.map(levelOf)
  const level = levels[random.integer(levels.length)]!
  const steps = Array.from({ length: executors }, () => ({
    times: [] as number[],
    speeds: [] as number[],
  }))
  const dispatcher: [Ms, Ms][] = []
  const intake: [Ms, Ms][] = []
  for (let at = 0; at < durationMs; at += BLOCK_MS) {
    const blockMs = Math.min(BLOCK_MS, durationMs - at)
    const index = random.integer(fields.length)
    const field = fields[index]!
    const from = random.uniform() * Math.max(0, field.durationMs - BLOCK_MS)
    const scale = level / levels[index]!
    const block = { from, ms: blockMs, at }
    steps.forEach((to, executor) => {
      copySteps(field.executors[executor % field.executors.length]!, block, scale, to)
    })
    copyIntervals(field.dispatcher, block, dispatcher)
    copyIntervals(field.intake, block, intake)
  }
  // the drain after the end runs at the usual speed, even where the last block ends in a stall
  for (const { times, speeds } of steps) {
    times.push(durationMs)
    speeds.push(level)
  }
  return {
    executors: steps,
    dispatcher: joinIntervals(dispatcher),
    intake: joinIntervals(intake),
  }
}

/**
 * The fields with this number of executors, or the nearest number: executors that share cores slow
 * each other down.
 */
export function fieldsOf(recorded: readonly RecordedField[], executors: number): RecordedField[] {
  const distance = (field: RecordedField) => Math.abs(log(field.executors.length / executors))
  const least = Math.min(...recorded.map(distance))
  return recorded.filter((field) => distance(field) === least)
}

/** Median speed over the time in which the speed is not 0: the machine without stalls. */
export function levelOf(field: RecordedField): number {
  const all = field.executors.flatMap(({ times, speeds }) =>
    speeds.map((speed, i) => {
      const end = Math.min(times[i + 1] ?? field.durationMs, field.durationMs)
      return { speed, ms: Math.max(0, end - times[i]!) }
    }),
  )
  const spans = all.filter(({ speed }) => speed > 0)
  spans.sort((a, b) => a.speed - b.speed)
  const half = spans.reduce((sum, { ms }) => sum + ms, 0) / 2
  let sum = 0
  for (const { speed, ms } of spans) {
    sum += ms
    if (sum >= half) return speed
  }
  return 1
}

/** `ms` of a recording from `from` on, replayed from `at` on. */
interface Block {
  readonly from: Ms
  readonly ms: Ms
  readonly at: Ms
}

function copySteps(
  steps: Steps,
  { from, ms, at }: Block,
  scale: number,
  { times, speeds }: { times: number[]; speeds: number[] },
): void {
  let i = lastAtOrBefore(steps.times, from)
  times.push(at)
  speeds.push(steps.speeds[i]! * scale)
  for (i++; i < steps.times.length && steps.times[i]! < from + ms; i++) {
    times.push(at + (steps.times[i]! - from))
    speeds.push(steps.speeds[i]! * scale)
  }
}

function copyIntervals(
  intervals: Intervals,
  { from, ms, at }: Block,
  parts: (readonly [Ms, Ms])[],
): void {
  const until = from + ms
  for (let i = lastAtOrBefore(intervals.from, from); i < intervals.from.length; i++) {
    if (intervals.from[i]! >= until) break
    const start = Math.max(intervals.from[i]!, from)
    const end = Math.min(intervals.to[i]!, until)
    if (end > start) parts.push([at + start - from, at + end - from])
  }
}

function lastAtOrBefore(times: readonly number[], at: Ms): number {
  let low = 0
  let high = Math.max(0, times.length - 1)
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (times[middle]! <= at) low = middle
    else high = middle - 1
  }
  return low
}
