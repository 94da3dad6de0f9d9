import type { Command } from 'commander'
import { implement, positiveNumber, wholeNumber, withJson } from './command.ts'

const HELP = `
A worker simulates what \`spillway sweep --queue\` asks for, on all cores of its machine. Start as many as you like, on as many machines, at any time. One
that ends or is killed costs nothing but its running simulations, which another repeats. Workers and sweep must have the same version of Spillway.
A scenario and its profile come through the queue. Its models and traces do not: they must be below --files, and have the same content.

Examples:
  $ spillway worker --queue redis://localhost:6379
  $ spillway worker --queue redis://queue.internal:6379 --exit-when-idle 600`

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
  implement(command, HELP, async () => (await import('../actions/worker.ts')).perform)
}
