import {
  causedFailures,
  executorWork,
  measuredPools,
  runReplication,
} from '../../sim/experiment/index.ts'
import { generatesIn, isSwappable, type Ms, topologyOf } from '../../sim/serving/index.ts'
import { RequestList } from '../../sim/traffic/index.ts'
import { IDLE_MS, IdleProbes, type ProbeShape } from '../live/idle-probes.ts'
import type { ReplaySide } from './live-side.ts'

/**
 * Probes of idle executors between the slices of a side: of the first executor of each pool whose
 * speed a profile has, as another one would need a prediction of its batches first. Null where
 * nothing is probed: what happens to executors by a schedule would happen within a probe, too.
 */
export function probesOf(side: ReplaySide): IdleProbes | null {
  const { scenario, plan } = side.system
  if (causedFailures(scenario, plan) !== null) return null
  const shapes = probeShapes(side)
  return shapes.length === 0 ? null : new IdleProbes(shapes, 1000 * scenario.duration_s)
}

/** So long an idle time at most, ms: beyond it probes would be few. */
const LONGEST_IDLE_MS = 20

/**
 * A single request, and a batch of the usual size, both at the mean length of the requests: after
 * some idle times and, where that is longer, after the mean one of the traffic.
 */
export function probeShapes({ system, traffic }: ReplaySide): ProbeShape[] {
  const { plan, models, lengths } = system
  // steps are measured with what a run of them takes after an idle time
  if (models.includes(null) || generatesIn(plan)) return []
  const { executorsOf } = topologyOf(plan)
  const work = executorWork(system)
  const usual = usualBatches({ system, traffic })
  return measuredPools(system).flatMap(({ index }) => {
    if (isSwappable(plan, index)) return []
    const { padTo } = plan.pools[index]!
    const { min, max } = lengths[index]!
    const length = padTo * Math.ceil(Math.min(max, Math.max(min, meanLength(traffic))) / padTo)
    const executor = executorsOf[index]![0]!
    const { size: usualSize, idleMs: meanIdleMs } = usual[index]!
    const longest = Number(Math.min(LONGEST_IDLE_MS, meanIdleMs).toFixed(2))
    const idleMs = longest > IDLE_MS.at(-1)! ? [...IDLE_MS, longest] : IDLE_MS
    return [...new Set([1, usualSize])].map((size) => {
      return { executor, size, length, ms: work[executor]!.work(size, length), idleMs }
    })
  })
}

/** The mean batch of a pool, and the mean idle time of an executor before it. */
interface UsualBatch {
  readonly size: number
  readonly idleMs: Ms
}

const UNKNOWN: UsualBatch = { size: 1, idleMs: 0 }

/** Of each pool, as a simulation predicts it; a single request where clients react. */
function usualBatches({ system, traffic }: ReplaySide): UsualBatch[] {
  if (!(traffic instanceof RequestList)) return system.plan.pools.map(() => UNKNOWN)
  const run = runReplication({ ...system, requests: traffic }, 0)
  return run.batchSizes.map((counts, pool) => {
    const batches = counts.reduce((sum, count) => sum + count, 0)
    if (batches === 0) return UNKNOWN
    const members = counts.reduce((sum, count, i) => sum + count * (i + 1), 0)
    const idleMs = Math.max(0, run.paidMs[pool]! - run.busyMs[pool]!) / batches
    return { size: Math.round(members / batches), idleMs }
  })
}

/** 1 where it is not known in advance. */
function meanLength(traffic: ReplaySide['traffic']): number {
  if (!(traffic instanceof RequestList) || traffic.count === 0) return 1
  const { inputTokens } = traffic.columns
  return inputTokens.reduce((sum, length) => sum + length, 0) / traffic.count
}
