import cliProgress from 'cli-progress'
import { visibleLine } from '../../scenarios/light.ts'
import { call } from '../call.ts'
import type { Progress } from '../jobs/options.ts'
import { note as print } from '../terminal.ts'
import { note, warn } from './command.ts'

/** Interval between the lines of one phase where there is no terminal, ms. */
const LINE_EVERY_MS = 20_000

/** Runs `work` with a display of its progress, which is cleared at the end, also after an error. */
export async function withProgress<T>(
  work: (onProgress: Progress, display: ProgressDisplay) => Promise<T>,
): Promise<T> {
  const display = new ProgressDisplay()
  try {
    return await work(display.update, display)
  } finally {
    display.stop()
  }
}

/** Progress of long work on stderr: a bar on a terminal, otherwise lines for each phase. */
export class ProgressDisplay {
  readonly #bar: cliProgress.SingleBar | null
  #phase = ''
  #printedAt = 0
  /** of the phase: when it was first reported, ms, and what was done by then */
  #begun = { at: 0, done: 0 }

  constructor() {
    const { io, quiet } = call()
    this.#bar =
      io.stderr.isTTY === true && !quiet
        ? new cliProgress.SingleBar({
            format: '{phase}  {bar}  {percentage} %  {eta_formatted} left',
            stream: io.stderr,
            clearOnComplete: true,
            hideCursor: true,
          })
        : null
  }

  readonly update: Progress = (phase, done, of) => {
    if (phase !== this.#phase) {
      this.#bar?.stop()
      this.#bar?.start(of, done, { phase: visibleLine(phase) })
      this.#print(`${phase} …`)
      this.#phase = phase
      this.#begun = { at: performance.now(), done }
      return
    }
    this.#bar?.setTotal(of)
    this.#bar?.update(done)
    const share = Math.floor((100 * done) / of)
    const now = performance.now()
    if (now < this.#printedAt + LINE_EVERY_MS) return
    const each = (now - this.#begun.at) / (done - this.#begun.done)
    const left =
      Number.isFinite(each) && done < of ? `, about ${duration(each * (of - done))} left` : ''
    this.#print(`${phase} … ${share} %${left}`)
  }

  #print(line: string): void {
    if (this.#bar === null) print(`${visibleLine(line)}\n`)
    this.#printedAt = performance.now()
  }

  /** Prints a warning in place of the bar. */
  readonly warn = (text: string): void => {
    this.stop()
    warn(text)
  }

  /** The same for a note. */
  readonly note = (text: string): void => {
    this.stop()
    note(text)
  }

  stop(): void {
    this.#bar?.stop()
    this.#phase = ''
  }
}

/** "40 s", "12 min", "3.5 h" */
function duration(ms: number): string {
  const seconds = Math.ceil(ms / 1000)
  if (seconds < 120) return `${seconds} s`
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`
}
