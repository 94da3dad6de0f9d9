import type { ChildProcess } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import type { Outcome } from './outcome.ts'

const SAMPLE_MS = 100
/** Resident memory at which a process is ended, MiB: its input counts as failed. */
const RUNAWAY_MIB = 1500
/** A waiting process uses no processor time; on a busy machine a working one gets little of it. */
const WAITING_FACTOR = 4
/** Most time for handling SIGINT, ms; likewise for processor time. */
const MOST_INTERRUPT_MS = 3000
/** Ticks of /proc/PID/stat per second. */
const TICKS = 100

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return ''
  }
}

/** Processor time of a process so far, ms. */
function processorMs(pid: number): number {
  const stat = read(pid, 'stat')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (1000 / TICKS) * (Number(fields[11] ?? 0) + Number(fields[12] ?? 0))
}

/** Peak or current resident memory of a process, MiB; 0 without /proc. */
export function memoryMib(pid: number, field: 'VmHWM' | 'VmRSS'): number {
  return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(read(pid, 'status'))?.[1] ?? 0) / 1024
}

/** A process and all its living descendants. */
function family(pid: number): number[] {
  let threads: string[]
  try {
    threads = readdirSync(`/proc/${pid}/task`)
  } catch {
    return [pid]
  }
  const children = threads.flatMap((thread) =>
    read(pid, `task/${thread}/children`).split(' ').filter(Boolean).map(Number),
  )
  return [pid, ...children.flatMap(family)]
}

/**
 * Watches a process and its descendants with one input. After `limitMs` of processor time, or four
 * times that in total time, it gets SIGINT, and is then killed.
 */
export class Watch {
  peakMib = 0
  overran: Outcome['overran'] = 'no'
  readonly #child: ChildProcess
  readonly #limitMs: number
  readonly #sampler: NodeJS.Timeout
  /** processor time of each process when it was first seen, ms */
  #usedMs: Map<number, number>
  #beganMs = performance.now()

  constructor(child: ChildProcess, limitMs: number) {
    this.#child = child
    this.#limitMs = limitMs
    this.#usedMs = new Map([[child.pid!, processorMs(child.pid!)]])
    this.#sampler = setInterval(() => this.#look(), SAMPLE_MS)
  }

  stop(): void {
    clearInterval(this.#sampler)
  }

  #look(): void {
    const pids = family(this.#child.pid!)
    this.peakMib = Math.max(this.peakMib, ...pids.map((pid) => memoryMib(pid, 'VmHWM')))
    if (this.peakMib > RUNAWAY_MIB) this.#child.kill('SIGKILL')
    const limitMs =
      this.overran === 'no' ? this.#limitMs : Math.min(this.#limitMs, MOST_INTERRUPT_MS)
    const usedMs = pids.reduce((sum, pid) => sum + this.#sinceSeen(pid), 0)
    const takenMs = performance.now() - this.#beganMs
    if (usedMs < limitMs && takenMs < limitMs * WAITING_FACTOR) return
    this.#usedMs = new Map()
    this.#beganMs += takenMs
    this.#child.kill(this.overran === 'no' ? 'SIGINT' : 'SIGKILL')
    this.overran = this.overran === 'no' ? 'responsive' : 'unresponsive'
  }

  #sinceSeen(pid: number): number {
    const now = processorMs(pid)
    const first = this.#usedMs.get(pid)
    if (first === undefined) this.#usedMs.set(pid, now)
    return now - (first ?? now)
  }
}
