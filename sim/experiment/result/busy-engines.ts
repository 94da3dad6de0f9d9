import type { Pool, Scenario } from '../../../scenarios/schema/schema.ts'

/**
 * A warning for each pool of engines whose scaler reads utilisation: the time in which a replica
 * runs anything (`PoolMeter`). An engine does so with a single sequence, and a replica that is
 * added is soon busy, too. So the number of replicas says little of the work that they have.
 */
export function busyEngineWarnings({ pools }: Pick<Scenario, 'pools'>): string[] {
  return pools.flatMap(({ name, generation, scaling }) => {
    if (generation === undefined || scaling === undefined || !readsUtilisation(scaling)) return []
    return [
      `pool ${name}: its scaler reads utilisation, and an engine is busy with a single sequence: ` +
        `replicas go up to max (${scaling.max}) long before they are full; ` +
        'hpa and keda can scale by concurrency, queue_length or kv_usage',
    ]
  })
}

function readsUtilisation(scaling: NonNullable<Pool['scaling']>): boolean {
  switch (scaling.policy) {
    case 'hpa':
      return scaling.metrics.some(({ metric }) => metric === 'utilisation')
    case 'keda':
      return scaling.metric === 'utilisation'
    default:
      return scaling.policy === 'huggingface'
  }
}
