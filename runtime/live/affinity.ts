import { spawnSync } from 'node:child_process'
import { readFileSync, readlinkSync } from 'node:fs'
import { basename } from 'node:path'

/** Which cores each thread of a fleet keeps to. */
export interface Affinity {
  readonly dispatcher: readonly number[]
  /** one entry for each executor */
  readonly executors: readonly (readonly number[])[]
}

/**
 * Cores for a dispatcher and executors of so many threads each, none shared: a dispatcher that
 * spins away the end of a wait would slow down the executor that the system puts beside it. Null
 * where there are too few cores, or where threads cannot be pinned (Linux, with taskset).
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

/** Keeps the calling thread, and those that it starts from now on, to some cores. */
export function pinThread(cores: readonly number[]): void {
  const thread = basename(readlinkSync('/proc/thread-self'))
  const { status } = spawnSync('taskset', ['--pid', '--cpu-list', cores.join(','), thread])
  if (status !== 0) throw new Error(`Expected thread ${thread} to be pinned to ${cores.join(',')}`)
}

/** Cores that this process may use, and that threads can be pinned to; none where they cannot. */
function allowedCores(): number[] {
  if (process.platform !== 'linux') return []
  if (spawnSync('taskset', ['--version']).status !== 0) return []
  const status = readFileSync('/proc/self/status', 'utf8')
  return parseCores(/^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? '')
}

/** A list of cores as the kernel writes it: `0-3,8`. */
export function parseCores(list: string): number[] {
  return list
    .split(',')
    .filter((part) => part !== '')
    .flatMap((part) => {
      const [from, to = from] = part.split('-').map(Number)
      return Array.from({ length: to! - from! + 1 }, (_, i) => from! + i)
    })
}
