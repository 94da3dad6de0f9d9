import { setFlagsFromString } from 'node:v8'
import * as flags from '../../runtime/jobs/simulations/simulation-flags.ts'
import * as kernel from '../../sim/kernel/index.ts'
import { Histogram } from '../../sim/stats/index.ts'
import { residentMb } from './figure.ts'
import { mm1OnKernel } from './kernel.ts'
import { generatingScenario, serve, servingScenario } from './serving.ts'

/**
 * The process that runs slices of one figure, in one of two versions: it is bundled with the `sim`,
 * the `scenarios` and the flags of that version. A parent asks for a slice of a size, and gets what
 * it took.
 */

/** Work that can be cut into slices of any size, in requests or the like. */
const SLICES: Readonly<Record<string, (size: number) => void>> = {
  kernel: (customers) => void mm1OnKernel(customers),
  histogram: recordDurations,
  'dynamic-1': (requests) => serve(servingScenario(1, requests)),
  'dynamic-64': (requests) => serve(servingScenario(64, requests)),
  continuous: (requests) => serve(generatingScenario(requests)),
}

function recordDurations(records: number): void {
  const random = kernel.stream(1, 0, 'histogram')
  const values = Float64Array.from({ length: 4096 }, () => 10 * Math.exp(random.normal()))
  const histogram = new Histogram()
  for (let i = 0; i < records; i++) histogram.record(values[i & 4095]!)
  if (histogram.count !== records) throw new Error('Expected every value to be recorded')
}

/** What a slice took. */
export interface Slice {
  /** of the process, with its garbage collection, ms */
  readonly processorMs: number
  /** objects and array buffers that it allocated; null where the collector ran meanwhile */
  readonly bytes: number | null
  /** the largest resident set of the process until now */
  readonly peakBytes: number
}

// as the processes of this version do; earlier versions have the flags in sim/kernel, or none
const { COMPILER_FLAGS = [] }: Partial<typeof flags> = { ...kernel, ...flags }
for (const flag of COMPILER_FLAGS) setFlagsFromString(flag)

const work = SLICES[process.argv[2] ?? '']
if (work === undefined || process.send === undefined) throw new Error('Expected a figure')

process.on('message', (size: number) => {
  const before = process.memoryUsage()
  const from = process.cpuUsage()
  work(size)
  const { user, system } = process.cpuUsage(from)
  const after = process.memoryUsage()
  const grown = after.heapUsed - before.heapUsed + after.arrayBuffers - before.arrayBuffers
  const slice: Slice = {
    processorMs: (user + system) / 1000,
    bytes: grown > 0 ? grown : null,
    peakBytes: 1e6 * residentMb(),
  }
  process.send!(slice)
})
