import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { median } from 'simple-statistics'

type Bar = { readonly atLeast: number } | { readonly atMost: number }

/** One measured figure; `bar` is its target, `best` the best of its rounds. */
export interface Figure {
  readonly name: string
  /** median over rounds */
  readonly value: number
  readonly best: number
  readonly unit: string
  readonly bar?: Bar
}

/** How much a part runs. */
export interface Extent {
  /** up to 10^8 requests */
  readonly full: boolean
  /** one round of a thousandth of the data: it tries the parts, and its figures show nothing */
  readonly smoke: boolean
}

export const sizeIn = ({ smoke }: Extent, size: number) => (smoke ? Math.ceil(size / 1000) : size)
export const roundsIn = ({ smoke }: Extent, rounds: number) => (smoke ? 1 : rounds)

/** Units in which less is better. */
const COSTS = ['ms', 's', 'ns/record', 'MB', 'x Node alone']

/** Median and best over rounds. */
export function figure(name: string, unit: string, values: readonly number[], bar?: Bar): Figure {
  const best = COSTS.includes(unit) ? Math.min(...values) : Math.max(...values)
  return { name, unit, value: median(values as number[]), best, ...(bar && { bar }) }
}

const rounded = (value: number) => Number(value.toPrecision(3)).toString()

export function figureLine({ name, value, best, unit, bar }: Figure): string {
  const measured = `${rounded(value)} ${unit}`.trim().padEnd(20)
  const line = `${name.padEnd(58)} ${measured} best ${rounded(best).padEnd(8)}`
  if (bar === undefined) return line.trimEnd()
  const [word, limit] = 'atLeast' in bar ? ['at least', bar.atLeast] : ['at most', bar.atMost]
  const met = 'atLeast' in bar ? value >= limit : value <= limit
  return `${line} bar: ${word} ${limit}, ${met ? 'met' : 'MISSED'}`
}

/** Duration of some work, ms. */
export function millisecondsOf(work: () => void): number {
  const start = performance.now()
  work()
  return performance.now() - start
}

/** Times some work in rounds after one warm-up round; `size` is its number of events. */
export function rateOf(options: {
  readonly name: string
  readonly unit: string
  readonly size: number
  readonly rounds: number
  readonly work: () => void
  readonly bar?: Bar
}): Figure {
  const { name, unit, size, rounds, work, bar } = options
  const [rates] = interleaved(size, rounds, [work])
  return figure(name, unit, rates!, bar)
}

/**
 * Times several works alternately, A B A B ..., so that other load on the machine affects all
 * alike. Returns the rate of each, M/s, per round.
 */
export function interleaved(
  size: number,
  rounds: number,
  works: readonly (() => void)[],
): number[][] {
  for (const work of works) work()
  const rates: number[][] = works.map(() => [])
  for (let round = 0; round < rounds; round++) {
    works.forEach((work, i) => {
      rates[i]!.push(size / 1000 / millisecondsOf(work))
    })
  }
  return rates
}

/** a over b for each round. */
export function ratios(a: readonly number[], b: readonly number[]): number[] {
  return a.map((value, round) => value / b[round]!)
}

/** Standard output of a program that must succeed. */
export function outputOf(program: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' })
  if (status === 0) return stdout
  throw new Error(`${program} ${args.join(' ')} ended with ${status}: ${stderr}`)
}

/**
 * Peak resident memory on Linux; elsewhere the current one. (getrusage has the peak, too, but a
 * child starts with that of its parent.)
 */
export function residentMb(): number {
  const status = '/proc/self/status'
  const peak = existsSync(status) ? /VmHWM:\s*(\d+) kB/.exec(readFileSync(status, 'utf8')) : null
  return peak === null ? process.memoryUsage.rss() / 1e6 : Number(peak[1]) / 1000
}
