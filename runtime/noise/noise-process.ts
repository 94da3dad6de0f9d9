import { availableParallelism } from 'node:os'
import type { Worker } from 'node:worker_threads'
import { affinityOf } from '../live/affinity.ts'
import { entryBeside } from '../process/child.ts'
import { type FailureMessage, failureOf, isFailure } from '../process/failure-message.ts'
import { serveParent } from '../process/serve-parent.ts'
import { nextMessage, startThread } from '../process/thread.ts'
import type { NoiseMessage, NoiseThreadStart, ThreadNoise } from './noise-thread.ts'
import { readTicks, stealOf } from './steal.ts'

export interface NoiseRequest {
  readonly seconds: number
  /** threads of each executor; pinned as in a replay */
  readonly executors: readonly number[]
}

export interface MeasuredThread extends ThreadNoise {
  readonly role: 'dispatcher' | 'executor'
  readonly core: number | null
  readonly steal: number | null
}

type Place = Pick<MeasuredThread, 'role' | 'core'>

/** One thread for each core of the dispatcher and of executors; never more threads than cores. */
function placesOf(executors: readonly number[]): Place[] {
  const affinity = affinityOf(executors)
  if (affinity !== null) {
    const dispatcher = affinity.dispatcher.map((core) => ({ role: 'dispatcher', core }) as const)
    const cores = affinity.executors.flat()
    return [...dispatcher, ...cores.map((core) => ({ role: 'executor', core }) as const)]
  }
  const wanted = executors.reduce((sum, threads) => sum + threads, 1)
  const count = Math.max(1, Math.min(wanted, availableParallelism()))
  return Array.from({ length: count }, (_, i) => {
    return { role: i === 0 ? 'dispatcher' : 'executor', core: null } as const
  })
}

async function receive<Kind extends NoiseMessage['kind']>(
  thread: Worker,
): Promise<Extract<Exclude<NoiseMessage, FailureMessage>, { kind: Kind }>> {
  const message = await nextMessage<NoiseMessage>(thread)
  if (isFailure(message)) throw failureOf(message)
  return message as Extract<Exclude<NoiseMessage, FailureMessage>, { kind: Kind }>
}

async function answer({ seconds, executors }: NoiseRequest): Promise<MeasuredThread[]> {
  const places = placesOf(executors)
  const entry = entryBeside(import.meta.url, 'noise-thread')
  const threads = places.map(({ core }) => startThread(entry, { core } satisfies NoiseThreadStart))
  await Promise.all(threads.map((thread) => receive<'ready'>(thread)))
  const before = readTicks()
  for (const thread of threads) thread.postMessage(seconds)
  const spun = await Promise.all(threads.map((thread) => receive<'spun'>(thread)))
  const after = readTicks()
  return places.map((place, i) => {
    return { ...place, ...spun[i]!.noise, steal: stealOf(before, after, place.core) }
  })
}

serveParent(answer)
