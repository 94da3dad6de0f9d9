import { join } from 'node:path'
import type { Command } from 'commander'
import { type ChartFormat, reportHtml, variantsHtml } from '../../reports/index.ts'
import { EXIT } from '../../scenarios/index.ts'
import { variantsSchema } from '../../sim/documents/index.ts'
import { replaceFiles } from '../folders/replace-files.ts'
import { readDocument } from '../folders/run-folder.ts'
import { report } from '../jobs/report.ts'
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
  $ spillway report runs/payment-peak --charts png`

export function define(command: Command): void {
  withJson(command.argument('<dir>', 'a folder of `spillway run` or `spillway variants --out`'))
    .addOption(outOption('report.html and charts', 'the folder of the documents'))
    .addOption(chartsOption())
  implement(command, HELP, async (_signal, directory: string, options: ReportOptions) => {
    const out = options.out ?? directory
    const variants = await readDocument(directory, 'variants', variantsSchema)
    if (variants !== null) {
      const path = join(out, 'index.html')
      await replaceFiles(out, async (change) => {
        await change.write('index.html', await variantsHtml(variants))
      })
      print(options, { written: [path] }, path)
      return EXIT.ok
    }
    const page = await report(directory, { command: commandLine() })
    const written = [join(out, 'report.html')]
    await replaceFiles(out, async (change) => {
      await change.write('report.html', await reportHtml(page))
      written.push(...(await writeCharts(change.below(CHARTS_FOLDER), options.charts, page)))
    })
    print(options, { written }, written.join('\n'))
    return EXIT.ok
  })
}
