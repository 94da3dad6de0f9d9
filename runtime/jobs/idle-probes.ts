import {
  causedFailures,
  executorWork,
  measuredPools,
  runReplication,
} from '../../sim/experiment/index.ts'
import { isSwappable, topologyOf } from '../../sim/serving/index.ts'
import { RequestList } from '../../sim/traffic/index.ts'
import { IdleProbes, type ProbeShape } from '../live/idle-probes.ts'
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

/** A single request, and a batch of the usual size, both at the mean length of the requests. */
export function probeShapes({ system, traffic }: ReplaySide): ProbeShape[] {
  const { plan, models, lengths } = system
  if (models.includes(null)) return []
  const { executorsOf } = topologyOf(plan)
  const work = executorWork(system)
  const usual = usualSizes({ system, traffic })
  return measuredPools(system).flatMap(({ index }) => {
    if (isSwappable(plan, index)) return []
    const { padTo } = plan.pools[index]!
    const { min, max } = lengths[index]!
    const length = padTo * Math.ceil(Math.min(max, Math.max(min, meanLength(traffic))) / padTo)
    const executor = executorsOf[index]![0]!
    const sizes = new Set([1, usual[index] ?? 1])
    return [...sizes].map((size) => {
      return { executor, size, length, ms: work[executor]!.work(size, length) }
    })
  })
}

/** The mean batch of each pool, as a simulation predicts it; 1 where clients react. */
function usualSizes({ system, traffic }: ReplaySide): number[] {
  if (!(traffic instanceof RequestList)) return system.plan.pools.map(() => 1)
  const { batchSizes } = runReplication({ ...system, requests: traffic }, 0)
  return batchSizes.map((counts) => {
    const batches = counts.reduce((sum, count) => sum + count, 0)
    const members = counts.reduce((sum, count, i) => sum + count * (i + 1), 0)
    return batches === 0 ? 1 : Math.round(members / batches)
  })
}

/** 1 where it is not known in advance. */
function meanLength(traffic: ReplaySide['traffic']): number {
  if (!(traffic instanceof RequestList) || traffic.count === 0) return 1
  const { inputTokens } = traffic.columns
  return inputTokens.reduce((sum, length) => sum + length, 0) / traffic.count
}
