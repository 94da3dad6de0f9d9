import { type Ms, OUTCOME } from '../ports.ts'
import type { Station } from '../routing/station.ts'
import type { ServerWorld } from './station-server.ts'

/**
 * An executor is lost, and takes no batch until it is back. The requests that wait in a queue of
 * its own are lost with it; a queue that replicas share is not on any of them.
 */
export function loseExecutor(
  now: Ms,
  station: Station,
  executor: number,
  { outcomes }: Pick<ServerWorld, 'outcomes'>,
): void {
  station.draining = false
  // a scaler gave it back: it is not started again, which `stopServed` sees to
  const isGivenBack = station.pool.scaling !== undefined && station.stopping.has(executor)
  station.close(now, executor)
  if (isGivenBack) station.stopping.add(executor)
  if (!station.pool.perReplicaQueues) return
  for (;;) {
    const request = station.queue.takeAny()
    if (request < 0) return
    station.admission.left()
    outcomes.lose(now, request, OUTCOME.failed)
  }
}

/** An executor is to stop: at once if it is idle; one with a queue of its own serves that first. */
export function drainExecutor(now: Ms, station: Station, executor: number): void {
  if (station.isClosed(executor)) return
  if (station.pool.perReplicaQueues) station.draining = true
  else station.close(now, executor)
  station.stopping.add(executor)
}

/** Stops the executors that were to stop and have nothing left to do. */
export function stopServed(
  now: Ms,
  station: Station,
  { stopped }: Pick<ServerWorld, 'stopped'>,
  isBusy: (executor: number) => boolean,
): void {
  for (const executor of station.stopping) {
    if (isBusy(executor) || (station.draining && station.queue.length > 0)) continue
    station.draining = false
    station.close(now, executor)
    stopped(now, executor)
  }
}
