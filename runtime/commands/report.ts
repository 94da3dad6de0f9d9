import { join } from 'node:path'
import type { Command } from 'commander'
import {
  allCharts,
  blameCharts,
  blameHtml,
  type ChartFormat,
  gateHtml,
  planHtml,
  reportHtml,
  sweepCharts,
  sweepHtml,
  variantsHtml,
} from '../../reports/index.ts'
import { EXIT } from '../../scenarios/index.ts'
import { variantsSchema } from '../../sim/documents/index.ts'
import { replaceFiles } from '../folders/replace-files.ts'
import { readDocument } from '../folders/run-folder.ts'
import { readSweep } from '../folders/sweep-folder.ts'
import { blameIn, gateIn, hasResults, planOf, report } from '../jobs/report.ts'
import { CHARTS_FOLDER, chartsOption, writeCharts } from './charts.ts'
import { commandLine, implement, outOption, withJson } from './command.ts'
import { print } from './output.ts'

interface ReportOptions {
  readonly json?: boolean
  readonly out?: string
  readonly charts: readonly ChartFormat[]
}

const HELP = `
Of a plan, a gate and variants it writes the page without single charts.

Example:
  $ spillway report runs/payment-peak --charts png`

const FILE = 'report.html'

export function define(command: Command): void {
  const folders = 'a folder of `spillway run`, `sweep`, `plan`, `variants`, `blame` or `gate`'
  withJson(command.argument('<dir>', folders))
    .addOption(outOption('report.html and charts', 'the folder of the documents'))
    .addOption(chartsOption())
  implement(command, HELP, async (_signal, directory: string, options: ReportOptions) => {
    const out = options.out ?? directory
    const { html, charts } = await drawn(directory)
    const written = [join(out, FILE)]
    await replaceFiles(out, async (change) => {
      await change.write(FILE, html)
      written.push(...(await writeCharts(change.below(CHARTS_FOLDER), options.charts, charts)))
    })
    print(options, { written }, written.join('\n'))
    return EXIT.ok
  })
}

/** The page of a folder, by the document that it has. */
async function drawn(directory: string) {
  const plan = await planOf(directory)
  if (plan !== null) return { html: await planHtml(plan), charts: [] }
  const gate = await gateIn(directory)
  if (gate !== null) return { html: await gateHtml(gate), charts: [] }
  const variants = await readDocument(directory, 'variants', variantsSchema)
  if (variants !== null) return { html: await variantsHtml(variants), charts: [] }
  const sweep = await readSweep(directory)
  if (sweep !== null) return { html: await sweepHtml(sweep), charts: sweepCharts(sweep) }
  const blame = hasResults(directory) ? null : await blameIn(directory)
  if (blame !== null) return { html: await blameHtml(blame), charts: blameCharts(blame) }
  const page = await report(directory, { command: commandLine() })
  return { html: await reportHtml(page), charts: allCharts(page) }
}
