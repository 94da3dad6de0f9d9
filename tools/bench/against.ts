import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'esbuild'
import { alignColumns } from '../../reports/terminal/align.ts'
import { withOtherVersion } from '../../runtime/jobs/gate/other-version.ts'
import { significant, stream } from '../../sim/kernel/index.ts'
import { geometricMean, type Interval } from '../../sim/stats/index.ts'
import { bundleBench } from './bundle.ts'
import type { Slice } from './slices.ts'

/**
 * The working tree against another version, on one machine: slices of both in turn, in two
 * processes. A figure is the ratio of their processor times. Compilers and collectors settle
 * differently in each process, so the interval is over pairs of processes, not over slices.
 */

/** The top of the working tree. */
const HERE = fileURLToPath(new URL('../..', import.meta.url))

const FIGURES = {
  kernel: 'Event heap, M/M/1',
  histogram: 'Histogram, lognormal durations',
  'dynamic-1': 'Dynamic batching, 1 replica',
  'dynamic-64': 'Dynamic batching, 64 replicas',
  continuous: 'Continuous batching, 512 tokens in and 512 out',
} as const
type FigureKey = keyof typeof FIGURES

/** The largest change for the worse that a change may have without a word. */
export const MARGIN = 0.03

/** How much is measured. */
export interface AgainstPlan {
  readonly pairs: number
  /** slices of each side in a pair, after the warm-up */
  readonly slices: number
  readonly warmUps: number
  /** processor time of a slice, ms */
  readonly sliceMs: number
  /** pairs of processes in which allocated bytes are counted */
  readonly counted: number
}

export const FULL: AgainstPlan = { pairs: 8, slices: 6, warmUps: 3, sliceMs: 250, counted: 3 }
export const SMOKE: AgainstPlan = { pairs: 2, slices: 1, warmUps: 1, sliceMs: 2, counted: 1 }

/** What is compared of each figure, and what is said of this version. */
const QUANTITIES = {
  speed: { name: 'speed', unit: 'M/s', below: 'slower', above: 'faster', within: 'as fast' },
  memory: { name: 'peak memory', unit: 'MB', below: 'less', above: 'more', within: 'as much' },
  bytes: {
    name: 'bytes allocated each',
    unit: '',
    below: 'fewer',
    above: 'more',
    within: 'as many',
  },
} as const
type Quantity = keyof typeof QUANTITIES

/** What a change may not be without a sentence why. */
const WORSE: readonly string[] = ['slower', 'more']

/** Of the other version and of this one. */
type OfBoth = readonly [other: number, own: number]

export interface Compared {
  readonly quantity: Quantity
  readonly values: OfBoth
  /** this version over the other */
  readonly ratio: Interval
  readonly verdict: string
}

export interface ComparedFigure {
  readonly name: string
  readonly compared: readonly Compared[]
}

/** What is said of a ratio, by its interval and the margin. */
export function verdictOn(quantity: Quantity, { low, high }: Interval): string {
  const { below, above, within } = QUANTITIES[quantity]
  if (low === null || high === null) return 'undecided'
  if (high < 1 - MARGIN) return below
  if (low > 1 + MARGIN) return above
  return low > 1 - MARGIN && high < 1 + MARGIN ? within : 'undecided'
}

/** Whether something became worse, beyond the margin and for certain. */
export const isWorse = ({ compared }: ComparedFigure): boolean =>
  compared.some(({ verdict }) => WORSE.includes(verdict))

/** A quantity of both versions in several pairs of processes. */
function compare(quantity: Quantity, pairs: readonly OfBoth[]): Compared {
  const mean = (side: 0 | 1) => geometricMean(pairs.map((pair) => pair[side])).value
  const ratio = geometricMean(pairs.map(([other, own]) => own / other))
  return { quantity, values: [mean(0), mean(1)], ratio, verdict: verdictOn(quantity, ratio) }
}

/** Measures every figure; each is shown once it is known. */
export async function benchAgainst(
  ref: string,
  plan: AgainstPlan,
  show: (text: string) => void,
): Promise<readonly ComparedFigure[]> {
  const { signal } = new AbortController()
  return withOtherVersion(ref, { signal }, async ({ directory, from }) => {
    show(`this working tree against ${from}\n`)
    const bundles = [await bundle('other', directory), await bundle('own', HERE)] as const
    const figures: ComparedFigure[] = []
    for (const key of Object.keys(FIGURES) as FigureKey[]) {
      const compared = await compareFigure(key, bundles, plan)
      figures.push(compared)
      show(figureText(compared))
    }
    return figures
  })
}

const PRODUCT = /^(sim|scenarios)[/\\]/
const FLAGS = join('runtime', 'jobs', 'simulations', 'simulation-flags.ts')

/** Bundles the slices with the product of a tree. */
async function bundle(name: string, tree: string): Promise<string> {
  // below node_modules, so that packages are found from there
  const outfile = resolve(`node_modules/.cache/spillway/slices-${name}.mjs`)
  const plugin: Plugin = {
    name: 'tree',
    setup: ({ onResolve, onLoad }) => {
      onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir }) => {
        const full = join(resolveDir, path)
        // the product's own imports are resolved as in any build, so that both are alike
        const isProduct = PRODUCT.test(resolveDir.slice(HERE.length))
        if (!full.startsWith(HERE) || isProduct) return null
        const within = full.slice(HERE.length)
        if (!PRODUCT.test(within) && within !== FLAGS) return null
        const file = join(tree, within)
        // a version without this file has no flags, or has them in sim/kernel
        return within === FLAGS && !existsSync(file)
          ? { path: file, namespace: 'none' }
          : // what a version does not use is left out of its bundle, as in any build
            { path: file, sideEffects: false }
      })
      onLoad({ filter: /./, namespace: 'none' }, () => ({ contents: 'export {}' }))
    },
  }
  await bundleBench(join(HERE, 'tools/bench/slices.ts'), outfile, [plugin])
  return outfile
}

/** A process of one version. */
class Side {
  readonly #child: ChildProcess
  /** settles when the process ends, which is too early while a slice is awaited */
  readonly #ended: Promise<unknown>

  constructor(file: string, key: FigureKey, flags: readonly string[] = []) {
    this.#child = fork(file, [key], { execArgv: [...flags] })
    this.#ended = once(this.#child, 'exit')
  }

  async slice(size: number): Promise<Slice> {
    const waiting = new AbortController()
    const answer = once(this.#child, 'message', { signal: waiting.signal }) as Promise<[Slice]>
    this.#child.send(size)
    const first = await Promise.race([answer, this.#ended.then(() => null)])
    if (first !== null) return first[0]
    waiting.abort()
    await answer.catch(() => {})
    throw new Error('Expected a slice, got the end of its process')
  }

  end(): void {
    this.#child.disconnect()
  }
}

type Bundles = readonly [other: string, own: string]

/** What a pair of processes gave. */
interface Pair {
  /** requests, events or records a second of processor time */
  readonly speed: OfBoth
  readonly memory: OfBoth
}

async function compareFigure(
  key: FigureKey,
  bundles: Bundles,
  plan: AgainstPlan,
): Promise<ComparedFigure> {
  const size = await sizeFor(key, bundles[0], plan.sliceMs)
  const pairs = await runPairs(key, bundles, { ...plan, size })
  const counted: OfBoth[] = []
  for (let i = 0; i < plan.counted; i++) {
    const other = await bytesOf(key, bundles[0], size)
    const own = await bytesOf(key, bundles[1], size)
    if (other > 0 && own > 0) counted.push([other, own])
  }
  const compared = [
    compare(
      'speed',
      pairs.map(({ speed }) => speed),
    ),
    compare(
      'memory',
      pairs.map(({ memory }) => memory),
    ),
  ]
  if (counted.length > 0) compared.push(compare('bytes', counted))
  return { name: FIGURES[key], compared }
}

/** A size whose slice takes about as long as asked for, in the other version. */
async function sizeFor(key: FigureKey, file: string, sliceMs: number): Promise<number> {
  const side = new Side(file, key)
  let size = 500
  for (;;) {
    const { processorMs } = await side.slice(size)
    if (processorMs >= sliceMs) break
    size *= processorMs > sliceMs / 4 ? sliceMs / processorMs : 2
    size = Math.ceil(size)
  }
  side.end()
  return size
}

interface SizedPlan extends AgainstPlan {
  readonly size: number
}

async function runPairs(key: FigureKey, bundles: Bundles, plan: SizedPlan): Promise<Pair[]> {
  const pairs: Pair[] = []
  for (let i = 0; i < plan.pairs; i++) pairs.push(await runPair(key, bundles, plan, i))
  return pairs
}

/** Slices of two fresh processes in turn; which one goes first alternates from pair to pair. */
async function runPair(
  key: FigureKey,
  bundles: Bundles,
  { slices, warmUps, size }: SizedPlan,
  first: number,
): Promise<Pair> {
  const sides = bundles.map((file) => new Side(file, key))
  const ms: [number[], number[]] = [[], []]
  const peak: [number, number] = [0, 0]
  for (let turn = 0; turn < warmUps + slices; turn++) {
    for (const side of (first + turn) % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
      const { processorMs, peakBytes } = await sides[side]!.slice(size)
      if (turn >= warmUps) ms[side].push(processorMs)
      peak[side] = peakBytes
    }
  }
  for (const side of sides) side.end()
  const speedOf = (side: 0 | 1) => (1000 * size) / geometricMean(ms[side]).value
  return { speed: [speedOf(0), speedOf(1)], memory: peak }
}

/** No collection happens within a new space of this size, MB. */
const NEW_SPACE_MB = 1024
const MOST_COUNTED = 100_000
/** Slices in which the compiler settles and what loading left is collected. */
const MOST_SETTLING = 8

/** Bytes allocated for one request, once the compiler has settled; 0 where it does not. */
async function bytesOf(key: FigureKey, file: string, size: number): Promise<number> {
  const space = ['min', 'max'].map((end) => `--${end}-semi-space-size=${NEW_SPACE_MB}`)
  const side = new Side(file, key, space)
  const counted = Math.min(size, MOST_COUNTED)
  let last: number | null = null
  for (let i = 0; i < MOST_SETTLING; i++) {
    const { bytes } = await side.slice(counted)
    // of two slices in which nothing was collected, the second
    const isSettled = last !== null && bytes !== null && i > 1
    last = bytes
    if (isSettled) break
  }
  side.end()
  return (last ?? 0) / counted
}

const DRAWN = 2000

/** How often a run would be wrong of two equal versions: of runs drawn from many pairs. */
export interface FalseAlarms {
  readonly name: string
  readonly quantity: Quantity
  readonly pairs: number
  /** share of the drawn runs with each verdict */
  readonly shares: Readonly<Record<string, number>>
}

/**
 * The working tree against itself: many pairs of processes for each figure, from which whole runs
 * are drawn with replacement.
 */
export async function falseAlarms(
  plan: AgainstPlan,
  show: (text: string) => void,
): Promise<readonly FalseAlarms[]> {
  const bundles = [await bundle('other', HERE), await bundle('own', HERE)] as const
  const alarms: FalseAlarms[] = []
  for (const key of Object.keys(FIGURES) as FigureKey[]) {
    const size = await sizeFor(key, bundles[0], plan.sliceMs)
    const pairs = await runPairs(key, bundles, { ...plan, size })
    for (const quantity of ['speed', 'memory'] as const) {
      const values = pairs.map((pair) => pair[quantity])
      const { ratio } = compare(quantity, values)
      const shares = sharesOf(quantity, values)
      alarms.push({ name: FIGURES[key], quantity, pairs: pairs.length, shares })
      const percent = Object.entries(shares).map(
        ([verdict, share]) => `${verdict} ${significant(100 * share, 2)} %`,
      )
      show(`${FIGURES[key]}, ${quantity}: ${ratioText(ratio)}; ${percent.join(', ')}`)
    }
  }
  return alarms
}

function sharesOf(quantity: Quantity, values: readonly OfBoth[]): Record<string, number> {
  const random = stream(1, 0, 'runs of pairs')
  const shares: Record<string, number> = {}
  for (let i = 0; i < DRAWN; i++) {
    const run = Array.from({ length: FULL.pairs }, () => values[random.integer(values.length)]!)
    const { verdict } = compare(quantity, run)
    shares[verdict] = (shares[verdict] ?? 0) + 1 / DRAWN
  }
  return shares
}

const three = (value: number) => significant(value, 3)

const ratioText = ({ value, low, high }: Interval) =>
  low === null || high === null
    ? value.toFixed(3)
    : `${value.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`

function figureText({ name, compared }: ComparedFigure): string {
  const rows = compared.map(({ quantity, values, ratio, verdict }) => {
    const { name: label, unit } = QUANTITIES[quantity]
    const scale = unit === '' ? 1 : 1e-6
    const [other, own] = values.map((value) => `${three(scale * value)} ${unit}`.trimEnd())
    return [`  ${label}`, other!, own!, ratioText(ratio), verdict]
  })
  return [name, alignColumns(rows, [0, 3, 4])].join('\n')
}
