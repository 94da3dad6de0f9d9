import { type Command, Option } from 'commander'
import { CLIENT_RPS, CLIENT_SECONDS, IDLE_SECONDS, NOISE_SECONDS } from '../jobs/defaults.ts'
import { existing, implement, wholeNumber, withJson } from './command.ts'

/** The gaps of ten minutes fit in memory on any machine. */
const MOST_SECONDS = 600
/** Rows of ten minutes fit in memory. */
const MOST_RPS = 20_000

const HELP = `
--noise measures how still this machine is and which percentiles can be decided on it, in place of providers. Let
nothing else run meanwhile.
--idle measures how much longer batches of a scenario's models take after idle times, which is what idle time costs now.
--client measures how late requests to a server are sent and answers are taken, at a rate, by this machine itself: the
server of the measurement runs on it and answers at once.

Examples:
  $ spillway doctor
  $ spillway doctor --noise 30
  $ spillway doctor --idle yardstick --seconds 20
  $ spillway doctor --client 2000`

export function define(command: Command): void {
  withJson(command)
    .addOption(
      new Option(
        '--noise [s]',
        `spin on every core for so many seconds, by default ${NOISE_SECONDS}`,
      )
        .preset(String(NOISE_SECONDS))
        .argParser(wholeNumber(1, MOST_SECONDS)),
    )
    .addOption(
      new Option('--idle <scenario>', 'run batches of its models back to back and after idle times')
        .argParser(existing)
        .conflicts('noise'),
    )
    .addOption(
      new Option(
        '--client [rps]',
        `send so many requests/s to a server that answers at once, by default ${CLIENT_RPS}`,
      )
        .preset(String(CLIENT_RPS))
        .argParser(wholeNumber(1, MOST_RPS))
        .conflicts(['noise', 'idle']),
    )
    .option(
      '--seconds <s>',
      `how long --idle or --client measures, by default ${IDLE_SECONDS} or ${CLIENT_SECONDS}`,
      wholeNumber(1, MOST_SECONDS),
    )
  implement(command, HELP, async () => (await import('../actions/doctor.ts')).perform)
}
