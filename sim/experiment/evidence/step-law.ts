import type { Ms } from '../../serving/index.ts'
import { leastSquares } from '../../stats/index.ts'
import type { RecordedRequests } from './recorded-requests.ts'

/**
 * The law of the steps of a server that generates, from the times of its requests: a further token
 * takes base + sequence · (sequences in a step) + prefill · (tokens of prompts in it).
 */
export interface StepLaw {
  readonly base_ms: Width
  readonly per_sequence_ms: Width
  readonly per_prefill_token_ms: Width
  /** laws that fit other blocks of time */
  readonly alternatives: readonly StepTimes[]
  /** requests whose gaps between tokens were fitted */
  readonly requests: number
  /** median relative error of gaps in blocks of time that were held out, and the worst of 90 % */
  readonly heldOut: { readonly median: number; readonly p90: number }
  /** the most sequences that decoded at once */
  readonly mostDecoding: number
  /** in a step: the middle 90 % of the means of requests */
  readonly sequences: { readonly low: number; readonly high: number }
}

/** A value with the middle 95 % of what other blocks of time give. */
export interface Width {
  readonly value: number
  readonly low: number
  readonly high: number
}

type StepTimes = Readonly<Record<'base_ms' | 'per_sequence_ms' | 'per_prefill_token_ms', number>>

/** One request's mean gap, and what the server did meanwhile. */
export interface GapRow {
  readonly at: Ms
  readonly gapMs: Ms
  /** in a step: those that decode, with its own, and prompts; mean over its gaps */
  readonly sequences: number
  /** tokens of prompts of others in a step: mean over its gaps */
  readonly prefill: number
}

const LEAST_REQUESTS = 100
const BLOCKS = 20
const RESAMPLES = 200
/** as `spillway fit` writes */
const ALTERNATIVES = 39

/**
 * The law of servers that are alike, each with its log. Null where fewer than 100 answers have
 * their first token and two tokens or more. `draw`: from [0, 1).
 */
export function stepLaw(logs: readonly RecordedRequests[], draw: () => number): StepLaw | null {
  const rows = logs.flatMap(gapRows).sort((a, b) => a.at - b.at)
  if (rows.length < LEAST_REQUESTS) return null
  const law = fitted(rows)
  const blocks = blocksOf(rows)
  const resampled = Array.from({ length: RESAMPLES }, () =>
    fitted(blocks.flatMap(() => blocks[Math.floor(blocks.length * draw())]!)),
  )
  const width = (i: number): Width => {
    const values = Float64Array.from(resampled, (coefficients) => coefficients[i]!).sort()
    const ends = Math.floor(0.025 * RESAMPLES)
    return { value: law[i]!, low: values[ends]!, high: values[RESAMPLES - 1 - ends]! }
  }
  const sequences = Float64Array.from(rows, (row) => row.sequences).sort()
  const at = (share: number) => sequences[Math.floor(share * (sequences.length - 1))]!
  return {
    base_ms: width(0),
    per_sequence_ms: width(1),
    per_prefill_token_ms: width(2),
    alternatives: resampled.slice(0, ALTERNATIVES).map(([base, sequence, prefill]) => {
      return { base_ms: base, per_sequence_ms: sequence, per_prefill_token_ms: prefill }
    }),
    requests: rows.length,
    heldOut: heldOut(blocks),
    mostDecoding: Math.max(...logs.map(mostAtOnce)),
    sequences: { low: at(0.05), high: at(0.95) },
  }
}

/** Requests with an answer of at least two tokens, by their first token. */
export function gapRows(log: RecordedRequests): GapRow[] {
  const { firstTokenMs, endMs, outputTokens, inputTokens } = log.columns
  const answered: number[] = []
  for (let i = 0; i < log.count; i++) if (isGenerated(log, i)) answered.push(i)
  answered.sort((a, b) => firstTokenMs[a]! - firstTokenMs[b]!)
  const firsts = Float64Array.from(answered, (i) => firstTokenMs[i]!)
  const decoding = new Levels(answered.map((i) => [firstTokenMs[i]!, endMs[i]!]))
  // up to each first token: tokens of prompts
  const prompts = new Float64Array(answered.length + 1)
  for (const [n, i] of answered.entries()) prompts[n + 1] = prompts[n]! + (inputTokens[i]! || 0)
  return answered.map((i, n) => {
    const [from, to] = [firsts[n]!, endMs[i]!]
    const steps = outputTokens[i]! - 1
    const last = firstAfter(firsts, to)
    const others = prompts[last]! - prompts[n + 1]!
    return {
      at: from,
      gapMs: (to - from) / steps,
      sequences: decoding.mean(from, to) + (last - n - 1) / steps,
      prefill: others / steps,
    }
  })
}

/** Null where fewer than 100 answers have two tokens or more. */
export function meanGap(
  log: RecordedRequests,
): { readonly ms: Ms; readonly requests: number } | null {
  const { firstTokenMs, endMs, outputTokens } = log.columns
  let [ms, steps, requests] = [0, 0, 0]
  for (let i = 0; i < log.count; i++) {
    if (!isGenerated(log, i)) continue
    ms += endMs[i]! - firstTokenMs[i]!
    steps += outputTokens[i]! - 1
    requests++
  }
  return requests < LEAST_REQUESTS ? null : { ms: ms / steps, requests }
}

/** Whether a request has an answer of at least two tokens. */
const isGenerated = ({ ok, columns }: RecordedRequests, i: number) =>
  ok[i] === 1 && columns.outputTokens[i]! >= 2 && columns.endMs[i]! > columns.firstTokenMs[i]!

/** The mean number of intervals that hold a moment. */
class Levels {
  /** moments at which the number changes, and from then on: its integral so far, and it */
  readonly #at: Float64Array
  readonly #integral: Float64Array
  readonly #level: Int32Array

  constructor(intervals: readonly (readonly [from: Ms, to: Ms])[]) {
    const changes = intervals
      .flatMap(([from, to]) => [
        [from, 1],
        [to, -1],
      ])
      .sort(([a], [b]) => a! - b!)
    this.#at = Float64Array.from(changes, ([at]) => at!)
    this.#integral = new Float64Array(changes.length)
    this.#level = new Int32Array(changes.length)
    let [integral, level, last] = [0, 0, this.#at[0] ?? 0]
    for (const [i, [at, step]] of changes.entries()) {
      integral += level * (at! - last)
      level += step!
      last = at!
      this.#integral[i] = integral
      this.#level[i] = level
    }
  }

  #until(at: Ms): number {
    const i = firstAfter(this.#at, at) - 1
    return i < 0 ? 0 : this.#integral[i]! + this.#level[i]! * (at - this.#at[i]!)
  }

  mean(from: Ms, to: Ms): number {
    return (this.#until(to) - this.#until(from)) / (to - from)
  }
}

/** How many of ascending values are at most `value`. */
function firstAfter(ascending: Float64Array, value: number): number {
  let [low, high] = [0, ascending.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (ascending[middle]! <= value) low = middle + 1
    else high = middle
  }
  return low
}

type Coefficients = readonly [base: Ms, sequence: Ms, prefill: Ms]

/** Every term may be left out: a coefficient below 0 has no meaning. */
const SUBSETS = [[0], [0, 1], [0, 2], [0, 1, 2], [1], [1, 2]] as const

const termsOf = ({ sequences, prefill }: GapRow) => [1, sequences, prefill]

const gapBy = (law: Coefficients, row: GapRow) =>
  termsOf(row).reduce((sum, term, i) => sum + term * law[i]!, 0)

/** The law with the least sum of squared relative errors among those without a negative part. */
function fitted(rows: readonly GapRow[]): Coefficients {
  let best: Coefficients = [0, 0, 0]
  let least = Number.POSITIVE_INFINITY
  for (const subset of SUBSETS) {
    const scaled = rows.map((row) => subset.map((term) => termsOf(row)[term]! / row.gapMs))
    const found = leastSquares(scaled)?.coefficients(rows.map(() => 1))
    if (found === undefined || found.some((value) => value < 0)) continue
    const law: [Ms, Ms, Ms] = [0, 0, 0]
    for (const [i, term] of subset.entries()) law[term] = found[i]!
    const misfit = rows.reduce((sum, row) => sum + (gapBy(law, row) / row.gapMs - 1) ** 2, 0)
    if (misfit < least) [best, least] = [law, misfit]
  }
  return best
}

/** Requests near in time share steps, so they are left out and drawn together. */
function blocksOf(rows: readonly GapRow[]): readonly (readonly GapRow[])[] {
  const size = rows.length / BLOCKS
  return Array.from({ length: BLOCKS }, (_, i) =>
    rows.slice(Math.round(i * size), Math.round((i + 1) * size)),
  )
}

function heldOut(blocks: readonly (readonly GapRow[])[]): StepLaw['heldOut'] {
  const errors = blocks.flatMap((block, i) => {
    const law = fitted(blocks.flatMap((other, j) => (j === i ? [] : other)))
    return block.map((row) => Math.abs(gapBy(law, row) / row.gapMs - 1))
  })
  const sorted = Float64Array.from(errors).sort()
  const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1]!
  return { median: at(0.5), p90: at(0.9) }
}

/** The most answers that were in progress at once. */
function mostAtOnce({ count, columns }: RecordedRequests): number {
  const { firstTokenMs, endMs } = columns
  const changes: [Ms, number][] = []
  for (let i = 0; i < count; i++) {
    if (endMs[i]! > firstTokenMs[i]!) changes.push([firstTokenMs[i]!, 1], [endMs[i]!, -1])
  }
  // an end before a start at the same moment
  changes.sort(([a, up], [b, down]) => a - b || up - down)
  let [level, most] = [0, 0]
  for (const [, step] of changes) {
    level += step
    most = Math.max(most, level)
  }
  return most
}
