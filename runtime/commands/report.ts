import { join } from 'node:path'
import type { Command } from 'commander'
import {
  allCharts,
  type ChartFormat,
  planHtml,
  reportHtml,
  sweepCharts,
  sweepHtml,
} from '../../reports/index.ts'
import { EXIT } from '../../scenarios/index.ts'
import { replaceFiles } from '../folders/replace-files.ts'
import { readSweep } from '../folders/sweep-folder.ts'
import { planOf, report } from '../jobs/report.ts'
import { CHARTS_FOLDER, chartsOption, writeCharts } from './charts.ts'
import { commandLine, implement, outOption, withJson } from './command.ts'
import { print } from './output.ts'

interface ReportOptions {
  readonly json?: boolean
  readonly out?: string
  readonly charts: readonly ChartFormat[]
}

const HELP = `
Example:
  $ spillway report runs/payment-peak --charts png

Of a folder with plan.json it writes plan.html, without single charts.`

export function define(command: Command): void {
  withJson(command.argument('<dir>', 'a folder of `spillway run`, `sweep` or `plan`'))
    .addOption(outOption('report.html and charts', 'the folder of the documents'))
    .addOption(chartsOption())
  implement(command, HELP, async (_signal, directory: string, options: ReportOptions) => {
    const out = options.out ?? directory
    const plan = await planOf(directory)
    if (plan !== null) {
      const file = join(out, 'plan.html')
      await replaceFiles(out, async (change) => change.write('plan.html', await planHtml(plan)))
      print(options, { written: [file] }, file)
      return EXIT.ok
    }
    const sweep = await readSweep(directory)
    const drawn =
      sweep === null
        ? await ofRun(directory)
        : { charts: sweepCharts(sweep), html: await sweepHtml(sweep) }
    const written = [join(out, 'report.html')]
    await replaceFiles(out, async (change) => {
      await change.write('report.html', drawn.html)
      written.push(
        ...(await writeCharts(change.below(CHARTS_FOLDER), options.charts, drawn.charts)),
      )
    })
    print(options, { written }, written.join('\n'))
    return EXIT.ok
  })
}

async function ofRun(directory: string) {
  const page = await report(directory, { command: commandLine() })
  return { charts: allCharts(page), html: await reportHtml(page) }
}
