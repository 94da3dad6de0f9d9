import type { Command } from 'commander'
import { EXIT } from '../../scenarios/index.ts'
import { work } from '../jobs/configurations/queue-worker.ts'
import { note } from '../terminal.ts'
import { implement, positiveNumber, wholeNumber, withJson } from './command.ts'
import { print } from './output.ts'

interface WorkerOptions {
  readonly json?: boolean
  readonly queue: string
  readonly files: string
  readonly workers?: number
  readonly exitWhenIdle?: number
}

const HELP = `
A worker simulates what \`spillway sweep --queue\` asks for, on all cores of its machine. Start as many as you like, on as many machines, at any time. One
that ends or is killed costs nothing but its running simulations, which another repeats. Workers and sweep must have the same version of Spillway.
A scenario and its profile come through the queue. Its models and traces do not: they must be below --files, and have the same content.

Examples:
  $ spillway worker --queue redis://localhost:6379
  $ spillway worker --queue redis://queue.internal:6379 --exit-when-idle 600`

const PRINT_EVERY_MS = 20_000

const simulations = (done: number) => `${done.toLocaleString('en-US')} simulations done`

export function define(command: Command): void {
  withJson(command)
    .requiredOption('--queue <url>', 'a Valkey or Redis server, such as redis://localhost:6379')
    .option('--files <dir>', 'where the paths of models and traces in scenarios start', '.')
    .option(
      '--workers <n>',
      'simulations at once, at most one for each core; default: one for each core',
      wholeNumber(1),
    )
    .option(
      '--exit-when-idle <seconds>',
      'end once no simulation was asked for so long; default: never',
      positiveNumber,
    )
  implement(command, HELP, async (signal, options: WorkerOptions) => {
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
  })
}
