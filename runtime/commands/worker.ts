import type { Command } from 'commander'
import { implement, positiveNumber, wholeNumber, withJson } from './command.ts'

const HELP = `
A worker simulates what \`spillway sweep --queue\` asks for, on all cores of its machine. Start as many as you like, on as many machines, at any time. One
that ends or is killed costs nothing but its running simulations, which another repeats. Workers and sweep must have the same version of Spillway.
A scenario and its profile come through the queue. Its models and traces do not: they must be below --files, and have the same content. A job without
them is left to other workers, and one that is not valid is refused by name. No job makes a worker read another file, and none that fits into its memory
ends it.

Any user of the server can write jobs to it, also one that is larger than the memory of a worker. Its user and password are read from SPILLWAY_QUEUE_USER and SPILLWAY_QUEUE_PASSWORD; rediss:// encrypts
the connection.

Examples:
  $ spillway worker --queue redis://localhost:6379
  $ spillway worker --queue rediss://queue.internal:6379 --files data --exit-when-idle 600`

export function define(command: Command): void {
  withJson(command)
    .requiredOption('--queue <url>', 'a Valkey or Redis server, such as redis://localhost:6379')
    .option(
      '--files <dir>',
      'where the paths of models and traces in scenarios start; none leads out',
      '.',
    )
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
  implement(command, HELP, async () => (await import('../actions/worker.ts')).perform)
}
