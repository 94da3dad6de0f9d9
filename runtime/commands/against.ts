import type { Command } from 'commander'
import { override, type ScenarioOptions, withScenarioOptions } from './command.ts'

/** The second side of a what-if: another scenario, or the first one with values changed. */
export interface AgainstOptions extends ScenarioOptions {
  readonly against?: string
  readonly againstSet?: readonly string[]
}

export function withAgainstOptions(command: Command, files: string, otherwise?: string): Command {
  return withScenarioOptions(command, files, otherwise)
    .option(
      '--against <scenario>',
      'the second side of a what-if: another scenario, by file or name; the same one for A/A',
    )
    .option(
      '--against-set <path=value>',
      'the second side of a what-if: override a value; may be repeated',
      override,
    )
}

export const AGAINST_HELP = `
What if: both sides are replayed in alternating slices of a second or more, and the measured ratio of their percentiles
is compared with the predicted ratio. Each replay of --replays is a round of slices. Where slices would change what
is asked, whole replays alternate, and a warning says why. Loads on both sides are shares of the first side's
capacity, so a change of the pools leaves the traffic as it is. The prediction takes the behaviour of the machine
from the first side's replays, and work from the profile. A scenario against itself is A/A: the predicted ratio is 1, and
the measured one shows what this machine makes of no change.`
