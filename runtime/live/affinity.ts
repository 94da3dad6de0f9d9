import { spawnSync } from 'node:child_process'
import { readFileSync, readlinkSync } from 'node:fs'
import { basename } from 'node:path'

/** The cores that each thread of a fleet is pinned to. */
export interface Affinity {
  readonly dispatcher: readonly number[]
  /** one entry for each executor */
  readonly executors: readonly (readonly number[])[]
}

/**
 * Disjoint cores for the dispatcher and for executors with `threads` threads each. The dispatcher
 * spins at the end of each wait, so an executor on the same core would be slowed down. Null where
 * there are too few cores, or where threads cannot be pinned (pinning needs Linux and taskset).
 */
export function affinityOf(threads: readonly number[], cores = allowedCores()): Affinity | null {
  const wanted = threads.reduce((sum, count) => sum + count, 1)
  if (wanted > cores.length) return null
  let next = 1
  return {
    dispatcher: cores.slice(0, 1),
    executors: threads.map((count) => cores.slice(next, (next += count))),
  }
}

/** Pins the calling thread, and all threads that it starts later, to `cores`. */
export function pinThread(cores: readonly number[]): void {
  const thread = basename(readlinkSync('/proc/thread-self'))
  const { status } = spawnSync('taskset', ['--pid', '--cpu-list', cores.join(','), thread])
  if (status !== 0) throw new Error(`Expected thread ${thread} to be pinned to ${cores.join(',')}`)
}

/** Cores that this process may use; empty where threads cannot be pinned. */
function allowedCores(): number[] {
  if (process.platform !== 'linux') return []
  if (spawnSync('taskset', ['--version']).status !== 0) return []
  const status = readFileSync('/proc/self/status', 'utf8')
  return parseCores(/^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? '')
}

/** Parses a core list in the kernel's format: `0-3,8`. */
export function parseCores(list: string): number[] {
  return list
    .split(',')
    .filter((part) => part !== '')
    .flatMap((part) => {
      const [from, to = from] = part.split('-').map(Number)
      return Array.from({ length: to! - from! + 1 }, (_, i) => from! + i)
    })
}
