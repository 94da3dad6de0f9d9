import { join } from 'node:path'
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
import { EXIT, type ExitCode, visibleLine } from '../../scenarios/index.ts'
import { variantsSchema } from '../../sim/documents/index.ts'
import { commandLine } from '../commands/command.ts'
import { replaceFiles } from '../folders/replace-files.ts'
import { readDocument } from '../folders/run-folder.ts'
import { readSweep } from '../folders/sweep-folder.ts'
import { blameIn, gateIn, hasResults, planOf, report } from '../jobs/report.ts'
import { CHARTS_FOLDER, writeCharts } from './charts.ts'
import { print } from './output.ts'

interface ReportOptions {
  readonly json?: boolean
  readonly out?: string
  readonly charts: readonly ChartFormat[]
}

const FILE = 'report.html'

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

export async function perform(
  _signal: AbortSignal,
  directory: string,
  options: ReportOptions,
): Promise<ExitCode> {
  const out = options.out ?? directory
  const { html, charts } = await drawn(directory)
  const written = [join(out, FILE)]
  await replaceFiles(out, async (change) => {
    await change.write(FILE, html)
    written.push(...(await writeCharts(change.below(CHARTS_FOLDER), options.charts, charts)))
  })
  print(options, { written }, written.map(visibleLine).join('\n'))
  return EXIT.ok
}
