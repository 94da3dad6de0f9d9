import cliProgress from 'cli-progress'
import { visibleLine } from '../../scenarios/index.ts'
import { err } from '../terminal.ts'

/** Where there is no terminal, a phase that lasts says so often how far it is. */
const LINE_EVERY_MS = 20_000

/**
 * Shows how far long work is, on stderr: a bar on a terminal, else a line for each phase, and more
 * of one that lasts.
 */
export class ProgressDisplay {
  readonly #bar: cliProgress.SingleBar | null
  #phase = ''
  #saidAt = 0

  constructor() {
    this.#bar = process.stderr.isTTY
      ? new cliProgress.SingleBar({
          format: '{phase}  {bar}  {percentage} %  {eta_formatted} left',
          stream: process.stderr,
          clearOnComplete: true,
          hideCursor: true,
        })
      : null
  }

  readonly update = (phase: string, done: number, of: number): void => {
    if (phase !== this.#phase) {
      this.#bar?.stop()
      this.#bar?.start(of, done, { phase: visibleLine(phase) })
      this.#say(`${phase} …`)
      this.#phase = phase
      return
    }
    this.#bar?.update(done)
    const share = Math.floor((100 * done) / of)
    if (performance.now() >= this.#saidAt + LINE_EVERY_MS) this.#say(`${phase} … ${share} %`)
  }

  #say(line: string): void {
    if (this.#bar === null) err(`${visibleLine(line)}\n`)
    this.#saidAt = performance.now()
  }

  stop(): void {
    this.#bar?.stop()
    this.#phase = ''
  }
}
