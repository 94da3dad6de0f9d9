import type { Command } from 'commander'
import { Failure, scenarioChanges } from '../../scenarios/index.ts'
import { type Prepared, prepare } from '../jobs/prepare.ts'
import { override, type ScenarioOptions } from './command.ts'

/** The second side of a what-if: another scenario, or the first one with values changed. */
export interface AgainstOptions {
  readonly against?: string
  readonly againstSet?: readonly string[]
}

export function withAgainstOptions(command: Command): Command {
  return command
    .option('--against <scenario>', 'what if it were this scenario?')
    .option(
      '--against-set <path=value>',
      'what if this value were different? May be repeated',
      override,
    )
}

export const AGAINST_HELP = `
What if: both sides are replayed in turn, and the ratio of their percentiles is compared with the
predicted one. A load on either side is a share of the first side's capacity, so that a change
of the pools leaves the traffic as it is. The prediction takes the machine as the first side's replays
recorded it, and work from the profile.`

/** The second side, if there is one. It takes what overrides the first, then its own. */
export async function prepareAgainst(
  first: Prepared,
  path: string,
  options: AgainstOptions & ScenarioOptions,
): Promise<Prepared | null> {
  const { against, againstSet = [], set = [], seed } = options
  if (against === undefined && againstSet.length === 0) return null
  const second = await prepare(against ?? path, {
    set: [...set, ...againstSet],
    ...(seed === undefined ? {} : { seed }),
  })
  if (scenarioChanges(first.scenario, second.scenario).length > 0) return second
  throw new Failure(`${second.file}: the second side is the same as the first; nothing to compare`)
}
