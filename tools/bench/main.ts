import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { hostFingerprint } from '../../runtime/live/host.ts'
import { stream } from '../../sim/kernel/index.ts'
import { Histogram } from '../../sim/stats/index.ts'
import { figuresOfBench } from '../claims/figures/bench.ts'
import { beginStudy, writeRecord } from '../claims/record.ts'
import { allocatorFigures } from './allocators.ts'
import { type Figure, figure, figureLine, millisecondsOf, outputOf } from './figure.ts'
import { kernelFigures } from './kernel.ts'
import { dayFigures, measureMemory, memoryFigures, traceMemoryFigures } from './memory.ts'
import { peerFigures } from './peers.ts'
import { servingFigures } from './serving.ts'
import { sweepFigures } from './sweep.ts'

/**
 * Speed and memory compared with Spillway's targets. `--full` goes up to 10^8 requests, `--day`
 * adds a recorded day over a fleet and `--peers` SimPy and a bare Python loop, `--json` prints one
 * document, and a word such as `kernel` runs that part only. Nothing fails here: timings depend on
 * the load of the machine.
 */
const parts: Readonly<Record<string, (options: { full: boolean }) => Iterable<Figure>>> = {
  kernel: kernelFigures,
  serving: servingFigures,
  histogram: histogramFigures,
  allocators: allocatorFigures,
  memory: ({ full }) => memoryFigures(full),
  traces: ({ full }) => traceMemoryFigures(full),
  startup: startupFigures,
  sweep: sweepFigures,
  day: dayFigures,
  peers: peerFigures,
}
/** Parts that run only where they are asked for. */
const EXTRA = ['day', 'peers']

const RECORDS = 5_000_000
const RECORD_ROUNDS = 7

function* histogramFigures(): Generator<Figure> {
  const random = stream(1, 0, 'histogram')
  const values = Float64Array.from({ length: 4096 }, () => 10 * Math.exp(random.normal()))
  const work = () => {
    const histogram = new Histogram()
    for (let i = 0; i < RECORDS; i++) histogram.record(values[i & 4095]!)
    if (histogram.count !== RECORDS) throw new Error('Expected every value to be recorded')
  }
  work()
  const times = Array.from({ length: RECORD_ROUNDS }, () => (1e6 * millisecondsOf(work)) / RECORDS)
  yield figure('Histogram, lognormal durations', 'ns/record', times, { atMost: 15 })
}

const CLI = 'dist/cli.js'
const STARTS = 11

/** Time of `--help` of the built command line; no figure without a build. */
function* startupFigures(): Generator<Figure> {
  if (!existsSync(CLI)) {
    console.error(`${CLI} is not built: no start-up time (npm run build)`)
    return
  }
  const started = (...args: string[]) => millisecondsOf(() => outputOf(process.execPath, ...args))
  const cli: number[] = []
  const bare: number[] = []
  for (let round = 0; round < STARTS; round++) {
    cli.push(started(CLI, '--help'))
    bare.push(started('--eval', '0'))
  }
  yield figure('Start-up, --help', 'ms', cli, { atMost: 250 })
  yield figure('Start-up of Node alone', 'ms', bare)
}

async function main(args: readonly string[]): Promise<void> {
  const json = args.includes('--json')
  const named = args.filter((arg) => arg in parts)
  const chosen = Object.keys(parts).filter((part) =>
    EXTRA.includes(part)
      ? args.includes(`--${part}`) || named.includes(part)
      : named.length === 0 || named.includes(part),
  )
  // a part alone is no record of all figures
  const begun = named.length === 0 ? beginStudy('bench') : null
  const host = hostFingerprint()
  if (!json) console.log(`${host.cpu}, ${host.cores} cores, Node ${host.node}, ${host.platform}\n`)
  const figures: Figure[] = []
  for (const part of chosen) {
    for (const figure of parts[part]!({ full: args.includes('--full') })) {
      figures.push(figure)
      if (!json) console.log(figureLine(figure))
    }
  }
  if (json) console.log(JSON.stringify({ machine: host, figures }, null, 2))
  if (begun !== null) await writeRecord(begun, figuresOfBench(figures))
}

/**
 * Bundles this file as the command line is bundled, and runs the bundle, so that the code that
 * users run is timed.
 */
async function bundleAndRun(args: readonly string[]): Promise<number> {
  const { build } = await import('esbuild')
  // below node_modules, so that packages are found from there
  const outfile = 'node_modules/.cache/spillway/bench.mjs'
  await build({
    entryPoints: [fileURLToPath(import.meta.url)],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    logLevel: 'warning',
  })
  return spawnSync(process.execPath, [outfile, ...args], { stdio: 'inherit' }).status ?? 1
}

const args = process.argv.slice(2)
if (import.meta.url.endsWith('.ts')) process.exitCode = await bundleAndRun(args)
else if (args[0] === '--memory-of') await measureMemory(args.slice(1))
else await main(args)
