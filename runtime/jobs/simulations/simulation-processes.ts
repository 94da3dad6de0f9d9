import { availableParallelism } from 'node:os'
import { cacheDirectory } from '../../folders/profile-paths.ts'
import { Child, entryBeside } from '../../process/child.ts'
import { SIMULATION_FLAGS } from './simulation-flags.ts'
import type { Subject } from './simulation-process.ts'

/** A process that simulates one request after another. */
export interface SimulationProcess {
  readonly child: Child
  /** where it finds files and profiles */
  readonly place: string
  /** what it was sent last */
  subject: Subject | null
  /** the overrides that it has prepared */
  set: string | null
}

/** Processes that wait for the next pool; those of earlier ones have compiled code. */
const idle: SimulationProcess[] = []

/** How many processes simulate: at most one a core, as more are no faster and take memory. */
export function processesFor(replications: number, workers: number | undefined): number {
  const cores = availableParallelism()
  return Math.min(replications, workers ?? cores, cores)
}

/** An idle process with today's working directory and cache, or a new one. Other idle ones end. */
export function takeProcess(): SimulationProcess {
  const place = JSON.stringify([process.cwd(), cacheDirectory()])
  for (let waiting = idle.pop(); waiting !== undefined; waiting = idle.pop()) {
    if (waiting.child.alive && waiting.place === place) return waiting
    waiting.child.end()
  }
  const child = new Child(entryBeside(import.meta.url, 'simulation-process'), {
    name: 'a simulation',
    flags: SIMULATION_FLAGS,
  })
  return { child, place, subject: null, set: null }
}

/** Leaves processes to the next pool. */
export function giveBack(processes: readonly SimulationProcess[]): void {
  idle.push(...processes)
}

/** Starts processes before the pool that takes them: they load their code meanwhile. */
export function startSimulations(count: number): void {
  giveBack(Array.from({ length: count }, takeProcess))
}

/** Ends the processes that wait for another simulation. They end with this process, too. */
export function closeSimulations(): void {
  for (const { child } of idle.splice(0)) child.end()
}
