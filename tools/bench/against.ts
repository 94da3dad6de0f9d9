import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'esbuild'
import { alignColumns } from '../../reports/terminal/align.ts'
import { withOtherVersion } from '../../runtime/jobs/gate/other-version.ts'
import { significant } from '../../sim/kernel/index.ts'
import { geometricMean } from '../../sim/stats/index.ts'
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

/** The largest loss of speed that a change may have without a word. */
export const MARGIN = 0.03

/** How much is measured. */
export interface AgainstPlan {
  readonly pairs: number
  /** slices of each side in a pair, after the warm-up */
  readonly slices: number
  readonly warmUps: number
  /** processor time of a slice, ms */
  readonly sliceMs: number
}

export const FULL: AgainstPlan = { pairs: 8, slices: 6, warmUps: 3, sliceMs: 250 }
export const SMOKE: AgainstPlan = { pairs: 2, slices: 1, warmUps: 1, sliceMs: 2 }

export type SpeedVerdict = 'slower' | 'faster' | 'as fast' | 'undecided'

/** This version over the other: above 1 it is faster. */
export interface RatioOfVersions {
  readonly value: number
  readonly low: number | null
  readonly high: number | null
}

export interface ComparedFigure {
  readonly name: string
  /** requests, events or records a second of processor time, of the other and of this version */
  readonly rates: readonly [other: number, own: number]
  readonly speed: RatioOfVersions
  readonly verdict: SpeedVerdict
  /** bytes allocated for each request, event or record; null where they could not be counted */
  readonly bytes: readonly [other: number | null, own: number | null]
}

/** By its interval and the margin. */
export function speedVerdict({ low, high }: RatioOfVersions): SpeedVerdict {
  if (low === null || high === null) return 'undecided'
  if (high < 1 - MARGIN) return 'slower'
  if (low > 1 + MARGIN) return 'faster'
  return low > 1 - MARGIN && high < 1 + MARGIN ? 'as fast' : 'undecided'
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

/** Bundles the slices with the product of a tree. */
async function bundle(name: string, tree: string): Promise<string> {
  // below node_modules, so that packages are found from there
  const outfile = resolve(`node_modules/.cache/spillway/slices-${name}.mjs`)
  const plugin: Plugin = {
    name: 'tree',
    setup: ({ onResolve }) => {
      onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir }) => {
        const full = join(resolveDir, path)
        // the product's own imports are resolved as in any build, so that both are alike
        const isProduct = PRODUCT.test(resolveDir.slice(HERE.length))
        if (!full.startsWith(HERE) || isProduct) return null
        const within = full.slice(HERE.length)
        return PRODUCT.test(within) ? { path: join(tree, within) } : null
      })
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

async function compareFigure(
  key: FigureKey,
  bundles: Bundles,
  plan: AgainstPlan,
): Promise<ComparedFigure> {
  const size = await sizeFor(key, bundles[0], plan.sliceMs)
  const pairs: Awaited<ReturnType<typeof runPair>>[] = []
  for (let i = 0; i < plan.pairs; i++) pairs.push(await runPair(key, bundles, { ...plan, size, i }))
  const rateOf = (side: 0 | 1) =>
    (1000 * size) / geometricMean(pairs.map(({ ms }) => ms[side])).value
  const speed = geometricMean(pairs.map(({ speed: ratio }) => ratio))
  return {
    name: FIGURES[key],
    rates: [rateOf(0), rateOf(1)],
    speed,
    verdict: speedVerdict(speed),
    bytes: [await bytesOf(key, bundles[0], size), await bytesOf(key, bundles[1], size)],
  }
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

interface PairOptions extends AgainstPlan {
  readonly size: number
  /** the number of the pair */
  readonly i: number
}

/** Slices of two fresh processes in turn; which one goes first alternates. */
async function runPair(key: FigureKey, bundles: Bundles, options: PairOptions) {
  const { slices, warmUps, size, i } = options
  const sides = bundles.map((file) => new Side(file, key))
  const ms: [number[], number[]] = [[], []]
  for (let turn = 0; turn < warmUps + slices; turn++) {
    for (const side of (i + turn) % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
      const { processorMs } = await sides[side]!.slice(size)
      if (turn >= warmUps) ms[side].push(processorMs)
    }
  }
  for (const side of sides) side.end()
  const [base, head] = ms.map((values) => geometricMean(values).value) as [number, number]
  return { ms: [base, head] as const, speed: base / head }
}

/** No collection happens within a new space of this size, MB. */
const NEW_SPACE_MB = 1024
const MOST_COUNTED = 100_000

/** Bytes allocated for one request, once the compiler has settled. */
async function bytesOf(key: FigureKey, file: string, size: number): Promise<number | null> {
  const space = ['min', 'max'].map((end) => `--${end}-semi-space-size=${NEW_SPACE_MB}`)
  const side = new Side(file, key, space)
  const counted = Math.min(size, MOST_COUNTED)
  await side.slice(counted)
  const { bytes } = await side.slice(counted)
  side.end()
  return bytes === null ? null : bytes / counted
}

const three = (value: number) => significant(value, 3)

const ratioText = ({ value, low, high }: RatioOfVersions) =>
  low === null || high === null
    ? value.toFixed(3)
    : `${value.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`

function figureText({ name, rates, speed, verdict, bytes }: ComparedFigure): string {
  const [base, head] = rates.map((rate) => `${three(rate / 1e6)} M/s`)
  const allocated = bytes.map((count) => (count === null ? 'not counted' : three(count)))
  return [
    name,
    alignColumns(
      [
        ['  speed', base!, head!, ratioText(speed), verdict],
        ['  bytes allocated each', allocated[0]!, allocated[1]!, '', ''],
      ],
      [0, 3, 4],
    ),
  ].join('\n')
}
