import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Argument } from 'commander'
import { wholeNumber } from '../../runtime/commands/command.ts'
import { hostFingerprint } from '../../runtime/live/host.ts'
import { EXIT, Failure } from '../../scenarios/index.ts'
import type { Host } from '../../sim/documents/index.ts'
import { stream } from '../../sim/kernel/index.ts'
import { Histogram } from '../../sim/stats/index.ts'
import { figuresOfBench } from '../claims/figures/bench.ts'
import { beginStudy, writeRecord } from '../claims/record.ts'
import { smokeRun, studyCommand } from '../study.ts'
import { benchAgainst, FULL, falseAlarms, isWorse, SMOKE } from './against.ts'
import { allocatorFigures } from './allocators.ts'
import { bundleBench } from './bundle.ts'
import {
  type Extent,
  type Figure,
  figure,
  figureLine,
  millisecondsOf,
  roundsIn,
  sizeIn,
} from './figure.ts'
import { judgedFigures } from './judged.ts'
import { kernelFigures } from './kernel.ts'
import { dayFigures, measureMemory, memoryFigures, traceMemoryFigures } from './memory.ts'
import { peerFigures } from './peers.ts'
import { planFigures } from './plan.ts'
import { servingFigures } from './serving.ts'
import { startupFigures } from './startup.ts'
import { sweepFigures } from './sweep.ts'
import { uncertainFigures } from './uncertain.ts'

/** Speed and memory compared with Spillway's targets: `npm run bench -- --help`. */

const PARTS = {
  kernel: kernelFigures,
  serving: servingFigures,
  judged: judgedFigures,
  histogram: histogramFigures,
  allocators: allocatorFigures,
  memory: memoryFigures,
  traces: traceMemoryFigures,
  startup: startupFigures,
  sweep: sweepFigures,
  plan: planFigures,
  uncertain: uncertainFigures,
  day: dayFigures,
  peers: peerFigures,
} as const satisfies Readonly<Record<string, (extent: Extent) => Iterable<Figure>>>
type Part = keyof typeof PARTS

/** Parts that run unless others are named; the others need data or programs of their own. */
const ALWAYS = (Object.keys(PARTS) as Part[]).filter((part) => part !== 'day' && part !== 'peers')

const RECORDS = 5_000_000
const RECORD_ROUNDS = 7

function* histogramFigures(extent: Extent): Generator<Figure> {
  const [records, rounds] = [sizeIn(extent, RECORDS), roundsIn(extent, RECORD_ROUNDS)]
  const random = stream(1, 0, 'histogram')
  const values = Float64Array.from({ length: 4096 }, () => 10 * Math.exp(random.normal()))
  const work = () => {
    const histogram = new Histogram()
    for (let i = 0; i < records; i++) histogram.record(values[i & 4095]!)
    if (histogram.count !== records) throw new Error('Expected every value to be recorded')
  }
  work()
  const times = Array.from({ length: rounds }, () => (1e6 * millisecondsOf(work)) / records)
  yield figure('Histogram, lognormal durations', 'ns/record', times, { atMost: 15 })
}

/** What the benchmark found. */
interface Measured {
  readonly machine: Host
  readonly figures: readonly Figure[]
}

/** Measures parts in their order; each figure is shown once it is known. */
function measured(
  parts: readonly Part[],
  extent: Extent,
  show: (figure: Figure) => void,
): Measured {
  const figures: Figure[] = []
  for (const part of parts) {
    for (const figure of PARTS[part](extent)) {
      figures.push(figure)
      show(figure)
    }
  }
  return { machine: hostFingerprint(), figures }
}

const command = studyCommand(
  'bench',
  'Speed and memory compared with Spillway’s targets. Nothing fails here: timings depend on the load of the machine, so let nothing else run.',
  [
    ['', 'every part but day and peers, in minutes'],
    ['-- kernel serving', 'these parts alone'],
    [
      '-- --against main',
      'speed and memory of this working tree against another version, in five minutes',
    ],
    [
      '-- --false-alarms 24',
      'how often that is wrong of equal versions: 24 pairs of processes, in ten minutes',
    ],
    ['-- --day --peers', 'a recorded day over a fleet, and SimPy and a bare Python loop, too'],
  ],
)
  .addArgument(new Argument('[parts...]', 'what is measured').choices(Object.keys(PARTS)))
  .option('--against <ref>', 'compare with this version, in slices of both in turn')
  .option(
    '--false-alarms <pairs>',
    'compare the working tree with itself in so many pairs of processes',
    wholeNumber(2),
  )
  .option('--full', 'up to 10^8 requests')
  .option('--day', 'with a recorded day over a fleet')
  .option('--peers', 'with SimPy and a bare Python loop')
  .option('--json', 'print one document')

/** What is asked for. */
async function main(): Promise<void> {
  const named = command.args as Part[]
  const { smoke = false, full = false, json = false, day, peers } = command.opts<Options>()
  const asked: readonly Part[] = [
    ...(named.length > 0 ? named : ALWAYS),
    ...(day ? ['day' as const] : []),
    ...(peers ? ['peers' as const] : []),
  ]
  const chosen = (Object.keys(PARTS) as Part[]).filter((part) => asked.includes(part))
  if (smoke) {
    await smokeRun('bench', () => {
      const { figures } = measured(chosen, { full: false, smoke }, () => {})
      return `${chosen.length} parts with ${figures.length} figures: ${chosen.join(', ')}`
    })
    return
  }
  // a part alone is no record of all figures
  const begun = named.length === 0 ? beginStudy('bench') : null
  const host = hostFingerprint()
  if (!json) console.log(`${host.cpu}, ${host.cores} cores, Node ${host.node}, ${host.platform}\n`)
  const bench = measured(chosen, { full, smoke }, (figure) => {
    if (!json) console.log(figureLine(figure))
  })
  if (json) console.log(JSON.stringify(bench, null, 2))
  if (begun !== null) await writeRecord(begun, figuresOfBench(bench.figures))
}

interface Options {
  readonly against?: string
  readonly falseAlarms?: number
  readonly smoke?: true
  readonly full?: true
  readonly day?: true
  readonly peers?: true
  readonly json?: true
}

/** Bundles this file, and runs the bundle. */
async function bundleAndRun(args: readonly string[]): Promise<number> {
  // below node_modules, so that packages are found from there
  const outfile = 'node_modules/.cache/spillway/bench.mjs'
  await bundleBench(fileURLToPath(import.meta.url), outfile)
  return spawnSync(process.execPath, [outfile, ...args], { stdio: 'inherit' }).status ?? 1
}

/** Prints every figure against another version. Ends with 4 where one is worse. */
async function compareWith(ref: string): Promise<number> {
  const { smoke = false, json = false } = command.opts<Options>()
  if (smoke) {
    await smokeRun('bench', async () => {
      const figures = await benchAgainst(ref, SMOKE, () => {})
      const equal = await falseAlarms(SMOKE, () => {})
      return `${figures.length} figures against ${ref}, and ${equal.length} against itself`
    })
    return EXIT.ok
  }
  const { machine, show } = shown(json)
  const figures = await benchAgainst(ref, FULL, show)
  if (json) console.log(JSON.stringify({ machine, figures }, null, 2))
  return figures.some(isWorse) ? EXIT.failed : EXIT.ok
}

/** Prints how often a run against an equal version is wrong. */
async function compareWithItself(pairs: number): Promise<number> {
  const { json = false } = command.opts<Options>()
  const { machine, show } = shown(json)
  const figures = await falseAlarms({ ...FULL, pairs }, show)
  if (json) console.log(JSON.stringify({ machine, figures }, null, 2))
  return EXIT.ok
}

/** The machine, with a way to show lines, which a document alone leaves out. */
function shown(json: boolean) {
  const machine = hostFingerprint()
  const show = (text: string) => {
    if (!json) console.log(text)
  }
  show(`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, ${machine.platform}`)
  return { machine, show }
}

/** The exit code of a refusal, which is printed. */
function refusal(error: unknown): number {
  if (!(error instanceof Failure)) throw error
  for (const problem of error.problems) console.error(`error: ${problem}`)
  return error.exitCode
}

const args = process.argv.slice(2)
if (args[0] === '--memory-of') await measureMemory(args.slice(1))
else {
  command.parse()
  const { against, falseAlarms: pairs } = command.opts<Options>()
  if (against !== undefined) process.exitCode = await compareWith(against).catch(refusal)
  else if (pairs !== undefined) process.exitCode = await compareWithItself(pairs)
  else if (import.meta.url.endsWith('.ts')) process.exitCode = await bundleAndRun(args)
  else await main()
}
