import { Failure, modelLabel } from '../../scenarios/index.ts'
import { Empirical } from '../../sim/kernel/index.ts'
import { ANY_CLASS, PLAIN_QUEUE, type ServingPlan } from '../../sim/serving/index.ts'
import { Fleet } from '../live/fleet.ts'
import { sessionOptions } from '../models/index.ts'
import type { CalibrationTask } from './calibration.ts'
import { lengthGrid } from './script-plan.ts'

/** As quantiles so many that single loads cannot be told apart. */
const QUANTILES = 64

/** Of one replica, on a device that has room for nobody else. */
function planOf({ plan }: CalibrationTask): ServingPlan {
  const memory = {
    devices: [0],
    weightsBytes: 0,
    sums: [],
    arena: null,
    outOfMemory: [],
    pinned: false,
  }
  const residency = { eviction: 'lru', gibPerS: null, setUpMs: 0, shrinks: false } as const
  const one = { ...PLAIN_QUEUE, replicas: 1, index: 0, memory }
  return {
    routing: 'least-loaded',
    classes: [ANY_CLASS],
    pools: [{ ...plan, ...one }],
    devices: [{ name: 'device', limitBytes: Number.POSITIVE_INFINITY, residency }],
  }
}

/**
 * Quantiles of how long a model takes to load, ms: an executor opens its session, runs the smallest
 * shape and releases it, over and over, for about so long. Throws `Failure` where it cannot.
 */
export async function calibrateLoads(
  task: CalibrationTask,
  durationMs: number,
  signal: AbortSignal,
): Promise<number[]> {
  const { file, pool, lengths, plan } = task
  const [length = 1] = lengthGrid(lengths.min, lengths.max, plan.padTo)
  const engine = { file, session: sessionOptions(pool), warmUp: [[1, length]] as const }
  const own = planOf(task)
  const fleet = await Fleet.open(own, [engine], signal)
  try {
    const times = await fleet.loads(own, durationMs)
    if (times !== null) return Empirical.table(times, QUANTILES)
    const label = modelLabel(task.scenario, pool)
    throw new Failure(`${label}: memory ran out while its loads were measured`)
  } finally {
    await fleet.close()
  }
}
