import { closeSync, openSync, readSync } from 'node:fs'
import type { Ms } from '../../sim/serving/index.ts'
import { executionProviders } from '../models/index.ts'
import type { EngineOptions } from './engine.ts'

/** Tests of a clock, and how long each is on the wall clock, ms. */
const TESTS = 5
const TEST_MS = 0.3
/** A collection of garbage in one of the tests must not cost the clock. */
const ATTEMPTS = 3
/** A clock that the kernel sets at its ticks only has steps of 1 to 10 ms. */
const TICK_MS = 0.9

/**
 * Processor time of the thread that opened it, ms. Time in which the thread waits for a core, and
 * other programs run, is not in it.
 *
 * The first figure of `schedstat` has ns, but a thread that runs finds it as of the last tick of
 * the kernel, up to 4 ms ago. `process.cpuUsage` brings the figure of the calling thread up to
 * date, as it sums the times of all threads of the process. Both together take 2 µs.
 */
export class ThreadClock {
  readonly #file: number
  readonly #bytes = Buffer.alloc(64)

  private constructor(file: number) {
    this.#file = file
  }

  /** Null where the system has no such clock, or one that is too coarse for batches. */
  static open(): ThreadClock | null {
    try {
      const clock = new ThreadClock(openSync('/proc/thread-self/schedstat', 'r'))
      for (let i = 0; i < ATTEMPTS; i++) if (clock.#isFine()) return clock
      closeSync(clock.#file)
      return null
    } catch {
      // only Linux has it
      return null
    }
  }

  now(): Ms {
    process.cpuUsage()
    const length = readSync(this.#file, this.#bytes, 0, this.#bytes.length, 0)
    let ns = 0
    for (let i = 0; i < length && this.#bytes[i]! >= ZERO; i++) {
      ns = 10 * ns + this.#bytes[i]! - ZERO
    }
    return ns / 1e6
  }

  /** Whether it goes on, by less than a tick, while the thread computes. */
  #isFine(): boolean {
    for (let i = 0; i < TESTS; i++) {
      const from = this.now()
      const until = performance.now() + TEST_MS
      while (performance.now() < until);
      const passed = this.now() - from
      if (passed <= 0 || passed > TICK_MS) return false
    }
    return true
  }
}

const ZERO = '0'.charCodeAt(0)

/**
 * The processor time of an engine that is opened in the calling thread; null where it is not asked
 * for, or where other threads compute its batches. With one intra-op thread a session computes in
 * the thread that calls it.
 */
export function threadClockFor({ session, processorTime }: EngineOptions): ThreadClock | null {
  const { threads, executionProvider } = session
  const alone = threads === 1 && executionProviders[executionProvider].onHost
  return processorTime === true && alone ? ThreadClock.open() : null
}
