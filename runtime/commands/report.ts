import { join } from 'node:path'
import type { Command } from 'commander'
import { type ChartFormat, reportHtml } from '../../reports/index.ts'
import { EXIT, Failure } from '../../scenarios/index.ts'
import { comparisonSchema, resultSchema } from '../../sim/stats/index.ts'
import { readDocument } from '../run-folder.ts'
import { chartsOption, writeCharts } from './charts.ts'
import { action, commandLine, folder, withJson } from './command.ts'
import { print, writeWhole } from './output.ts'

interface ReportOptions {
  readonly json?: boolean
  readonly out?: string
  readonly charts: readonly ChartFormat[]
}

export function define(command: Command): void {
  withJson(command.argument('<dir>', 'a directory that `spillway run` filled'))
    .option('--out <dir>', 'where to write; by default beside the documents', folder)
    .addOption(chartsOption())
    .addHelpText('after', '\nExample:\n  $ spillway report runs/payment-peak --charts png')
    .action(
      action(async (_signal, directory: string, options: ReportOptions) => {
        const simulated = await readDocument(directory, 'simulated', resultSchema)
        const measured = await readDocument(directory, 'measured', resultSchema)
        const comparison = await readDocument(directory, 'comparison', comparisonSchema)
        if (simulated === null && measured === null) {
          throw new Failure(`${directory}: has neither simulated.json nor measured.json`)
        }
        const out = options.out ?? directory
        const page = {
          simulated,
          measured,
          comparison,
          command: comparison?.command ?? commandLine(),
        }
        const written = [join(out, 'report.html')]
        await writeWhole(written[0]!, await reportHtml(page))
        written.push(...(await writeCharts(join(out, 'charts'), options.charts, page)))
        print(options, { written }, written.join('\n'))
        return EXIT.ok
      }),
    )
}
