import type { Command } from 'commander'
import { implementOnScenario, profileOption, scenarioFile, withScenarioOptions } from './command.ts'

const HELP = `
--json prints only their number and hash.

Example:
  $ spillway requests peak.yaml --out today && spillway replay peak.yaml --requests today/requests.jsonl`

export function define(command: Command): void {
  withScenarioOptions(scenarioFile(command), 'requests.jsonl', 'they go to stdout').addOption(
    profileOption(),
  )
  implementOnScenario(command, HELP, async () => (await import('../actions/requests.ts')).perform)
}
