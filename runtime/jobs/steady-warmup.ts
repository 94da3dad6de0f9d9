import { EXIT, Failure } from '../../scenarios/index.ts'
import { keptReplicationInPieces, refuseCrowd } from '../../sim/experiment/index.ts'
import { mser5, type Rows } from '../../sim/stats/index.ts'
import { surgeWindows } from '../../sim/traffic/index.ts'
import type { Profile } from '../../sim/world/index.ts'
import { pause } from '../process/interruption.ts'
import { searchSpace } from './configurations/search-space.ts'
import type { JobOptions } from './options.ts'
import { loadSystem, type PrepareOptions, type System } from './prepare.ts'
import { heldTraces } from './trace-readers.ts'

/** Replications whose mean shows the start-up. */
const PILOTS = 10

export interface WarmupOptions {
  readonly set?: readonly string[]
  readonly seed?: number
  readonly profile?: Profile | string
  /** `auto`: find it */
  readonly warmup?: 'auto'
}

/**
 * The overrides of a command, with the warm-up that it is to find: by MSER-5 in the mean time in
 * system of successive requests over pilot replications, before the first surge. Values of a sweep
 * have none. Throws `Failure` with exit code 5 where the traffic is too short to tell, which it
 * also is where a queue grows all the time.
 */
export async function withWarmup(
  path: string,
  { set = [], seed, profile, warmup }: WarmupOptions,
  { onNote, ...job }: JobOptions & Pick<PrepareOptions, 'onNote'>,
): Promise<readonly string[]> {
  if (warmup === undefined) return set
  const single = searchSpace(set).set
  const common = { seed, profile, signal: job.signal }
  const cold = await loadSystem(path, { ...common, set: [...single, 'warmup_s=0'] })
  const override = `warmup_s=${await warmupOf(cold, job)}`
  const text = override.replace('=', ' ')
  onNote?.(`${text}, by MSER-5 of ${PILOTS} runs; the same as --set ${override}`)
  return [...set, override]
}

/** The start-up of a system that begins empty, s, rounded up to two digits. */
async function warmupOf(
  system: System,
  { signal, onProgress }: Pick<JobOptions, 'signal' | 'onProgress'>,
): Promise<number> {
  refuseCrowd(system, system.capacityRps, true)
  const traces = await heldTraces(system)
  const surges = surgeWindows(system.scenario).map(({ fromMs }) => fromMs)
  const untilMs = Math.min(system.scenario.duration_s * 1000, ...surges)
  const pilots: Times[] = []
  for (let replication = 0; replication < PILOTS; replication++) {
    onProgress?.('measuring the start-up', replication, PILOTS)
    const { rows } = await keptReplicationInPieces({ ...system, traces }, replication, () =>
      pause(signal),
    )
    pilots.push(timesInSystem(rows, untilMs))
  }
  const count = Math.min(...pilots.map(({ ms }) => ms.length))
  const mean = (values: (pilot: Times) => Float64Array, i: number) =>
    pilots.reduce((sum, pilot) => sum + values(pilot)[i]!, 0) / PILOTS
  const cut = mser5(Float64Array.from({ length: count }, (_, i) => mean(({ ms }) => ms, i)))
  if (cut === null) throw new Failure(`${system.file}: ${TOO_SHORT}`, EXIT.undecided)
  return roundedUp(mean(({ at }) => at, cut) / 1000)
}

const TOO_SHORT =
  'no steady state in this traffic: its start-up takes half of it or more; lengthen duration_s, ' +
  'lower the load below the capacity, or give warmup_s'

interface Times {
  /** arrivals, ms */
  readonly at: Float64Array
  /** from there to the end of the request, also of one that was lost, ms */
  readonly ms: Float64Array
}

/** The requests that arrive before a time, in the order of their arrival. */
function timesInSystem({ columns }: Rows, untilMs: number): Times {
  const { at, done, ended } = columns
  const kept = [...at.keys()].filter((i) => at[i]! < untilMs).sort((a, b) => at[a]! - at[b]!)
  const endOf = (i: number) => (Number.isNaN(done[i]!) ? ended[i]! : done[i]!)
  const counted = kept.filter((i) => Number.isFinite(endOf(i)))
  return {
    at: Float64Array.from(counted, (i) => at[i]!),
    ms: Float64Array.from(counted, (i) => endOf(i) - at[i]!),
  }
}

function roundedUp(seconds: number): number {
  if (seconds <= 0) return 0
  const digit = 10 ** (Math.floor(Math.log10(seconds)) - 1)
  return Number((Math.ceil(seconds / digit) * digit).toPrecision(2))
}
