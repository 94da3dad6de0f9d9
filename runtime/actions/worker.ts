import { EXIT, type ExitCode } from '../../scenarios/index.ts'
import { work } from '../jobs/configurations/queue-worker.ts'
import { note } from '../terminal.ts'
import { print } from './output.ts'

interface WorkerOptions {
  readonly json?: boolean
  readonly queue: string
  readonly files: string
  readonly workers?: number
  readonly exitWhenIdle?: number
}

const PRINT_EVERY_MS = 20_000

const simulations = (done: number) => `${done.toLocaleString('en-US')} simulations done`

export async function perform(signal: AbortSignal, options: WorkerOptions): Promise<ExitCode> {
  const { queue, files: directory, workers, exitWhenIdle: idleS } = options
  let printedAt = performance.now()
  const onDone = (done: number) => {
    if (performance.now() < printedAt + PRINT_EVERY_MS) return
    printedAt = performance.now()
    note(`${simulations(done)} so far\n`)
  }
  note('waiting for simulations; Ctrl-C ends the worker\n')
  const done = await work(queue, { directory, workers, idleS, signal, onDone })
  print(options, { simulations: done }, simulations(done))
  return signal.aborted ? EXIT.interrupted : EXIT.ok
}
