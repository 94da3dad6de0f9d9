import type { Command } from 'commander'
import { implement, withJson } from './command.ts'

const HELP = `
Every command that takes a scenario file takes such a name as well. A file of that name in the working folder comes first.
Relative paths of a shipped scenario, such as that of a trace, start at the working folder.

Needs: a profile has the times of its models; without one of this machine (\`spillway calibrate NAME\`), the shipped profile
of another machine is used. Its description says where to get a trace or a package.

Examples:
  $ spillway scenarios
  $ spillway simulate payment-peak
  $ spillway scenarios show payment-peak > mine.yaml`

const SHOW_HELP = `
Save it anywhere: what it extends and its schema for editors are found from there.

Example:
  $ spillway scenarios show payment-peak > mine.yaml && spillway simulate mine.yaml`

export function define(command: Command): void {
  withJson(command)
  implement(command, HELP, async () => (await import('../actions/scenarios.ts')).listScenarios)
  const show = command
    .command('show')
    .copyInheritedSettings(command)
    .description('Print a shipped scenario, to save and change')
    .argument('<name>', 'a name of `spillway scenarios`')
  implement(show, SHOW_HELP, async () => (await import('../actions/scenarios.ts')).showScenario)
}
