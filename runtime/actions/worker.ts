import { EXIT, type ExitCode } from '../../scenarios/index.ts'
import { queueName } from '../jobs/configurations/queue.ts'
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
/** Reasons that are printed, each once; all refused jobs are counted. */
const MOST_REFUSALS = 20

const counted = (count: number) => count.toLocaleString('en-US')
const simulations = (done: number) => `${counted(done)} simulations done`

export async function perform(signal: AbortSignal, options: WorkerOptions): Promise<ExitCode> {
  const { queue, files: directory, workers, exitWhenIdle: idleS } = options
  let printedAt = performance.now()
  const onDone = (done: number) => {
    if (performance.now() < printedAt + PRINT_EVERY_MS) return
    printedAt = performance.now()
    note(`${simulations(done)} so far\n`)
  }
  const printed = new Set<string>()
  const onRefusal = (text: string) => {
    if (printed.has(text) || printed.size === MOST_REFUSALS) return
    printed.add(text)
    note(`${text}\n`)
    if (printed.size === MOST_REFUSALS) note('further reasons are not printed\n')
  }
  note(`waiting for simulations of ${queueName()}; Ctrl-C ends the worker\n`)
  const worked = await work(queue, { directory, workers, idleS, signal, onDone, onRefusal })
  const { simulations: done, refused } = worked
  const also = refused === 0 ? '' : `, ${counted(refused)} jobs refused`
  print(options, worked, `${simulations(done)}${also}`)
  return signal.aborted ? EXIT.interrupted : EXIT.ok
}
