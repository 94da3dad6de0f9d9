import type { ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { Outcome } from './outcome.ts'

const SAMPLE_MS = 100
/** Resident memory at which a process is ended, MiB: its input has failed by then. */
const RUNAWAY_MIB = 1500
/** A process that waits uses no processor; on a busy machine one that works gets little of it. */
const WAITING_FACTOR = 4
/** Time that SIGINT is given, ms; processor time, likewise. */
const INTERRUPT_MS = 3000
/** Of /proc/PID/stat, per second. */
const TICKS = 100

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return ''
  }
}

/** Processor time of all threads of a process so far, ms. */
function processorMs(pid: number): number {
  const stat = read(pid, 'stat')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (1000 / TICKS) * (Number(fields[11] ?? 0) + Number(fields[12] ?? 0))
}

/** Most resident memory of a process, MiB; 0 where there is no /proc. */
function peakMib(pid: number): number {
  return Number(/VmHWM:\s+(\d+)/.exec(read(pid, 'status'))?.[1] ?? 0) / 1024
}

/**
 * Watches what a process does with one input. Past `limitMs` of processor time, or four times that
 * in all, it is sent SIGINT, and then killed.
 */
export class Watch {
  peakMib = 0
  overran: Outcome['overran'] = 'no'
  readonly #child: ChildProcess
  readonly #limitMs: number
  readonly #sampler: NodeJS.Timeout
  #beganMs: number
  #usedMs: number

  constructor(child: ChildProcess, limitMs: number) {
    this.#child = child
    this.#limitMs = limitMs
    this.#beganMs = performance.now()
    this.#usedMs = processorMs(child.pid!)
    this.#sampler = setInterval(() => this.#look(), SAMPLE_MS)
  }

  stop(): void {
    clearInterval(this.#sampler)
  }

  #look(): void {
    const pid = this.#child.pid!
    this.peakMib = Math.max(this.peakMib, peakMib(pid))
    if (this.peakMib > RUNAWAY_MIB) this.#child.kill('SIGKILL')
    const limitMs = this.overran === 'no' ? this.#limitMs : INTERRUPT_MS
    const usedMs = processorMs(pid) - this.#usedMs
    const takenMs = performance.now() - this.#beganMs
    if (usedMs < limitMs && takenMs < limitMs * WAITING_FACTOR) return
    this.#usedMs += usedMs
    this.#beganMs += takenMs
    this.#child.kill(this.overran === 'no' ? 'SIGINT' : 'SIGKILL')
    this.overran = this.overran === 'no' ? 'responsive' : 'unresponsive'
  }
}
