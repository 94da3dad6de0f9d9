import type { Command } from 'commander'
import { chartsOption } from './charts.ts'
import { implement, keptFolder, outOption, withJson } from './command.ts'

const HELP = `
Of a plan, a gate and variants it writes the page without single charts.

Example:
  $ spillway report runs/payment-peak --charts png`

export function define(command: Command): void {
  const folders = 'a folder of `spillway run`, `sweep`, `plan`, `variants`, `blame` or `gate`'
  withJson(command.argument('<dir>', folders, keptFolder))
    .addOption(outOption('report.html and charts', 'the folder of the documents'))
    .addOption(chartsOption())
  implement(command, HELP, async () => (await import('../actions/report.ts')).perform)
}
