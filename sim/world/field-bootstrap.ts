import type { Random } from '../kernel/random.ts'
import type { Ms } from '../serving/ports.ts'
import type { RecordedField } from './profile.ts'
import type { SpeedSteps } from './speed.ts'

/** Short enough to have many, long enough to hold a slow spell whole: 10–300 ms were seen. */
const BLOCK_MS = 500

/**
 * A speed field of a machine on another day, from recorded ones: blocks of time, drawn with
 * replacement (moving-block bootstrap, Künsch 1989) and for all executors at once, because
 * executors that share cores are slow together.
 *
 * Drift slower than a block would be averaged away by that. So each field is taken apart into its
 * level (the median of its speed) and the rest; the rest is drawn block by block, the level once for
 * the whole run.
 */
export function bootstrapField(
  fields: readonly RecordedField[],
  executors: number,
  durationMs: Ms,
  random: Random,
): SpeedSteps[] {
  const levels = fields.map(levelOf)
  const level = levels[random.integer(levels.length)]!
  const times: number[][] = Array.from({ length: executors }, () => [])
  const speeds: number[][] = Array.from({ length: executors }, () => [])
  for (let at = 0; at < durationMs; at += BLOCK_MS) {
    const index = random.integer(fields.length)
    const field = fields[index]!
    const from = random.uniform() * Math.max(0, field.durationMs - BLOCK_MS)
    const scale = level / levels[index]!
    for (let executor = 0; executor < executors; executor++) {
      const steps = field.executors[executor % field.executors.length]!
      copyBlock(steps, from, at, scale, times[executor]!, speeds[executor]!)
    }
  }
  return times.map((list, i) => ({
    times: Float64Array.from(list),
    speeds: Float64Array.from(speeds[i]!),
  }))
}

/** Median speed over time: what the machine does when nothing stalls it. */
function levelOf(field: RecordedField): number {
  const spans = field.executors.flatMap(({ times, speeds }) =>
    speeds.map((speed, i) => ({ speed, ms: (times[i + 1] ?? field.durationMs) - times[i]! })),
  )
  spans.sort((a, b) => a.speed - b.speed)
  const half = spans.reduce((sum, { ms }) => sum + ms, 0) / 2
  let sum = 0
  for (const { speed, ms } of spans) {
    sum += ms
    if (sum >= half) return speed
  }
  return 1
}

function copyBlock(
  steps: { readonly times: readonly number[]; readonly speeds: readonly number[] },
  from: Ms,
  to: Ms,
  scale: number,
  times: number[],
  speeds: number[],
): void {
  let i = lastAtOrBefore(steps.times, from)
  times.push(to)
  speeds.push(steps.speeds[i]! * scale)
  for (i++; i < steps.times.length && steps.times[i]! < from + BLOCK_MS; i++) {
    times.push(to + (steps.times[i]! - from))
    speeds.push(steps.speeds[i]! * scale)
  }
}

function lastAtOrBefore(times: readonly number[], at: Ms): number {
  let low = 0
  let high = times.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (times[middle]! <= at) low = middle
    else high = middle - 1
  }
  return low
}
