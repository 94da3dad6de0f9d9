import { Failure, modelLabel } from '../../scenarios/index.ts'
import { Empirical } from '../../sim/kernel/index.ts'
import { ANY_CLASS, PLAIN_QUEUE, type ServingPlan } from '../../sim/serving/index.ts'
import { LiveSession } from '../live/live-session.ts'
import { sessionOptions } from '../models/index.ts'
import type { CalibrationTask } from './calibration.ts'
import { lengthGrid } from './script-plan.ts'

/** Enough quantiles that they describe the distribution as well as the single loads do. */
const QUANTILES = 64

/** A plan with one replica, on a device that has room for one model only. */
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
  const singleReplica = { ...PLAIN_QUEUE, replicas: 1, index: 0, memory }
  return {
    routing: 'least-loaded',
    classes: [ANY_CLASS],
    pools: [{ ...plan, ...singleReplica }],
    devices: [{ name: 'device', limitBytes: Number.POSITIVE_INFINITY, residency }],
  }
}

/**
 * Quantiles of load times of a model, ms. An executor opens its session, runs the smallest shape
 * and releases it, repeatedly, for about `durationMs`. Throws `Failure` if a load fails.
 */
export async function calibrateLoads(
  task: CalibrationTask,
  durationMs: number,
  signal: AbortSignal,
): Promise<number[]> {
  const { file, pool, lengths, plan } = task
  const [length = 1] = lengthGrid(lengths.min, lengths.max, plan.padTo)
  const engine = { file, session: sessionOptions(pool), warmUp: [[1, length]] as const }
  const loadPlan = planOf(task)
  const session = new LiveSession({ signal, onProgress: () => {} })
  try {
    const [opened] = await session.open([{ plan: loadPlan, engines: [engine] }])
    const times = await opened!.fleet.loads(loadPlan, durationMs)
    if (times !== null) return Empirical.table(times, QUANTILES)
    const label = modelLabel(task.scenario, pool)
    throw new Failure(`${label}: memory ran out while its loads were measured`)
  } finally {
    await session.close()
  }
}
