import type { Scenario } from '../../scenarios/index.ts'
import type { ExecutorChange } from '../../sim/stats/index.ts'
import type { Metadata } from './trace-event.ts'

/** A thread of the format: one row of slices, within a process. */
export interface Track {
  readonly pid: number
  readonly tid: number
}

/** The tracks of a replica. */
interface ReplicaTracks extends Track {
  readonly pool: number
  readonly replica: number
  /** its absences; null where it ran all the time */
  readonly state: Track | null
}

/** The process of a pool and its tracks. */
interface PoolTracks {
  readonly pid: number
  /** a mark for each request that was not served */
  readonly lost: Track
  /** where arrows begin */
  readonly arrivals: Track
}

/**
 * Processes and threads of a timeline: one process for the traffic and one for each pool, one
 * thread for each replica. Numbers are unique over all processes and threads.
 */
export class Tracks {
  readonly metadata: Metadata[] = []
  readonly traffic: number
  readonly pools: readonly PoolTracks[]
  /** by executor */
  readonly replicas: readonly ReplicaTracks[]
  #processes = 0
  #threads: number

  constructor(
    { pools }: Scenario,
    run: { readonly changes: readonly ExecutorChange[]; readonly flows: boolean },
  ) {
    // the thread with the number of its process would be its main one, and be drawn first
    this.#threads = 1 + pools.length
    this.traffic = this.#process('traffic')
    const absent = new Set(run.changes.map(({ executor }) => executor))
    const replicas: ReplicaTracks[] = []
    this.pools = pools.map(({ name, replicas: count, generation }, pool) => {
      const pid = this.#process(`pool ${name}`)
      const kind = generation === undefined ? 'replica' : 'engine'
      for (let replica = 0; replica < count; replica++) {
        const track = this.thread(pid, `${kind} ${replica}`)
        const state = absent.has(replicas.length)
          ? this.thread(pid, `${kind} ${replica}: absence`)
          : null
        replicas.push({ ...track, pool, replica, state })
      }
      const lost = this.thread(pid, 'requests not served')
      const arrivals = run.flows ? this.thread(pid, 'arrivals') : lost
      return { pid, lost, arrivals }
    })
    this.replicas = replicas
  }

  /** A further thread of a process. */
  thread(pid: number, name: string): Track {
    const tid = ++this.#threads
    const shared = { ph: 'M', pid, tid } as const
    this.metadata.push(
      { ...shared, name: 'thread_name', args: { name } },
      { ...shared, name: 'thread_sort_index', args: { sort_index: tid } },
    )
    return { pid, tid }
  }

  #process(name: string): number {
    const pid = ++this.#processes
    const shared = { ph: 'M', pid } as const
    this.metadata.push(
      { ...shared, name: 'process_name', args: { name } },
      { ...shared, name: 'process_sort_index', args: { sort_index: pid } },
    )
    return pid
  }
}

/** The time that a timeline covers, ms. */
export interface Span {
  readonly fromMs: number
  readonly toMs: number
}
