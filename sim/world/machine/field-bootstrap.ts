import { exp, log, type Random } from '../../kernel/index.ts'
import type { Ms } from '../../serving/index.ts'
import {
  type BootstrappedField,
  type MetExecutor,
  type MetStalls,
  NO_STALLS,
} from './met-stalls.ts'
import type { RecordedField } from './profile.ts'
import { type Intervals, intervalsOf, type Span } from './stalls.ts'
import { type Weighted, weightedMedian } from './weighted-median.ts'

/** Short enough to have many, long enough for a whole slow period: 10–300 ms were observed. */
const BLOCK_MS = 500

/**
 * Draws the speed field of a machine on another day from recorded ones: blocks of time, drawn with
 * replacement (moving-block bootstrap, Künsch 1989). A block is drawn for all executors at once,
 * because executors that share cores slow down together.
 *
 * Runs differ by more than blocks do: a machine is slower or stalls more often for minutes. All
 * blocks of a run are therefore from one recording, and its level (the median of its speed) becomes
 * that of a next run. Recordings take turns, so that all are used alike, and pools that were
 * recorded together share the machine. Stalls of the dispatcher are drawn with the blocks.
 */
export function bootstrapField(
  recorded: readonly RecordedField[],
  run: {
    readonly executors: number
    readonly durationMs: Ms
    readonly replication: number
  },
  random: Random,
): BootstrappedField {
  const { executors, durationMs, replication } = run
  const fields = fieldsOf(recorded, executors)
  const levels = fields.map(levelOf)
  const index = replication % fields.length
  const field = fields[index]!
  const level = nextLevels(levels)[index]!
  const scale = level / levels[index]!
  const copies = Array.from({ length: executors }, () => new ExecutorCopy())
  const dispatcher: Span[] = []
  const intake: Span[] = []
  for (let at = 0; at < durationMs; at += BLOCK_MS) {
    const from = random.uniform() * field.durationMs
    const until = from + Math.min(BLOCK_MS, durationMs - at)
    // a recording is followed by its own beginning, so that no part of it is drawn less often
    for (let lap = 0; lap * field.durationMs < until; lap++) {
      const start = lap * field.durationMs
      const part = {
        from: Math.max(0, from - start),
        until: Math.min(field.durationMs, until - start),
        shift: at + start - from,
        ofMs: field.durationMs,
      }
      if (part.from >= part.until) continue
      copies.forEach((copy, executor) => {
        copy.add(field.executors[executor % field.executors.length]!, part, scale)
      })
      copyIntervals(field.dispatcher, part, dispatcher)
      copyIntervals(field.intake, part, intake)
    }
  }
  // the drain after the end runs at the usual speed
  return {
    executors: copies.map((copy) => copy.end(durationMs, level)),
    dispatcher: intervalsOf(dispatcher),
    intake: intervalsOf(intake),
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

/**
 * Levels as likely as those of a next run. Its level scatters about the true mean, which is itself
 * known from n recordings only: its variance is that of the sample, divided by n - 1, times
 * 1 + 1 / n. Of three recordings each level is therefore moved away from their mean by 1.4 times.
 */
function nextLevels(levels: readonly number[]): number[] {
  const n = levels.length
  if (n === 1) return [...levels]
  const logs = levels.map((level) => log(level))
  const mean = logs.reduce((sum, value) => sum + value, 0) / n
  const spread = Math.sqrt((n + 1) / (n - 1))
  return logs.map((value) => exp(mean + spread * (value - mean)))
}

/** Median speed over the time in which the speed is not 0: the machine without stalls. */
export function levelOf(field: RecordedField): number {
  const spans = field.executors.flatMap(({ times, speeds }) =>
    speeds.map((speed, i): Weighted => {
      const end = Math.min(times[i + 1] ?? field.durationMs, field.durationMs)
      return [speed, Math.max(0, end - times[i]!)]
    }),
  )
  return weightedMedian(spans) ?? 1
}

/** A part of a recording; its times change by `shift`. */
interface Part {
  readonly from: Ms
  readonly until: Ms
  readonly shift: Ms
  /** length of the whole recording, ms */
  readonly ofMs: Ms
}

/** Speeds and stalls of one executor, put together from parts of recordings. */
class ExecutorCopy {
  readonly #times: number[] = []
  readonly #speeds: number[] = []
  readonly #stalls = new StallsCopy()
  readonly #lateStarts = new StallsCopy()

  add(field: RecordedField['executors'][number], part: Part, scale: number): void {
    const { from, until, shift, ofMs } = part
    const { times, speeds, busyMs, idleStarts } = field
    const first = lastAtOrBefore(times, from)
    this.#push(from + shift, speeds[first]! * scale)
    for (let i = first + 1; i < times.length && times[i]! < until; i++) {
      if (times[i]! > from) this.#push(times[i]! + shift, speeds[i]! * scale)
    }
    this.#stalls.add(field.stalls, part, busyMs / ofMs)
    this.#lateStarts.add(field.lateStarts, part, idleStarts / ofMs)
  }

  #push(at: Ms, speed: number): void {
    this.#times.push(at)
    this.#speeds.push(speed)
  }

  end(durationMs: Ms, level: number): MetExecutor {
    this.#push(durationMs, level)
    return {
      steps: { times: this.#times, speeds: this.#speeds },
      stalls: this.#stalls.copied,
      lateStarts: this.#lateStarts.copied,
    }
  }
}

class StallsCopy {
  readonly #after: number[] = []
  readonly #ms: Ms[] = []
  #length = 0

  /** `exposure`: per ms of the recording, on average. */
  add({ from, to }: Intervals, part: Part, exposure: number): void {
    for (let i = lastAtOrBefore(from, part.from); i < from.length && from[i]! < part.until; i++) {
      if (from[i]! < part.from) continue
      this.#after.push(this.#length + (from[i]! - part.from) * exposure)
      this.#ms.push(to[i]! - from[i]!)
    }
    this.#length += (part.until - part.from) * exposure
  }

  get copied(): MetStalls {
    // without work stalls would come for ever
    if (!(this.#length > 0)) return NO_STALLS
    return { after: this.#after, ms: this.#ms, length: this.#length }
  }
}

function copyIntervals({ from, to }: Intervals, part: Part, spans: Span[]): void {
  for (let i = lastAtOrBefore(from, part.from); i < from.length && from[i]! < part.until; i++) {
    if (from[i]! >= part.from) spans.push([from[i]! + part.shift, to[i]! + part.shift])
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
