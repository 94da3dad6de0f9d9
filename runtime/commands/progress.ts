import cliProgress from 'cli-progress'

/** Shows how far long work is: a bar on a terminal, else a line for each phase; on stderr. */
export class ProgressDisplay {
  readonly #bar: cliProgress.SingleBar | null
  #phase = ''

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
      this.#bar?.start(of, done, { phase })
      if (this.#bar === null) process.stderr.write(`${phase} …\n`)
      this.#phase = phase
    } else this.#bar?.update(done, { phase })
  }

  stop(): void {
    this.#bar?.stop()
    this.#phase = ''
  }
}
