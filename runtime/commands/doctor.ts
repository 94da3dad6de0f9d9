import { type Command, Option } from 'commander'
import { IDLE_SECONDS, NOISE_SECONDS } from '../jobs/defaults.ts'
import { existing, implement, wholeNumber, withJson } from './command.ts'

/** The gaps of ten minutes fit in memory on any machine. */
const MOST_SECONDS = 600

const HELP = `
--noise measures how still this machine is and which percentiles can be decided on it, in place of providers. Let
nothing else run meanwhile.
--idle measures how much longer batches of a scenario's models take after idle times, which is what idle time costs now.

Examples:
  $ spillway doctor
  $ spillway doctor --noise 30
  $ spillway doctor --idle yardstick --seconds 20`

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
    .option(
      '--seconds <s>',
      `how long --idle measures, by default ${IDLE_SECONDS}`,
      wholeNumber(1, MOST_SECONDS),
    )
  implement(command, HELP, async () => (await import('../actions/doctor.ts')).perform)
}
