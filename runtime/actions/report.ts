import { join } from 'node:path'
import { allCharts, type ChartFormat, reportHtml } from '../../reports/index.ts'
import { EXIT, type ExitCode, visibleLine } from '../../scenarios/index.ts'
import { commandLine } from '../commands/command.ts'
import type { DocumentKind } from '../documents/document-kind.ts'
import { documents } from '../documents/index.ts'
import { replaceFiles } from '../folders/replace-files.ts'
import { readDocument, settleRuns } from '../folders/run-folder.ts'
import { hasResults, report } from '../jobs/report.ts'
import { CHARTS_FOLDER, writeCharts } from './charts.ts'
import { PAGE_FILE, print } from './output.ts'

interface ReportOptions {
  readonly json?: boolean
  readonly out?: string
  readonly charts: readonly ChartFormat[]
}

/** The page of a folder: that of the first document which has one, or else of its results. */
async function drawn(directory: string) {
  await settleRuns(directory)
  for (const load of Object.values(documents)) {
    const page = await pageIn(directory, await load())
    if (page !== null) return page
  }
  const input = await report(directory, { command: commandLine() })
  return { html: await reportHtml(input), charts: allCharts(input) }
}

/** The page of a document in a folder; null where there is none, or results stand before it. */
async function pageIn(directory: string, kind: DocumentKind<unknown>) {
  const { file, schema, behindResults = false } = kind
  if (kind.page === undefined || file === undefined || schema === undefined) return null
  if (behindResults && hasResults(directory)) return null
  const document = await readDocument(directory, file, schema)
  if (document === null) return null
  return { html: await kind.page(document), charts: kind.charts?.(document) ?? [] }
}

export async function perform(
  _signal: AbortSignal,
  directory: string,
  options: ReportOptions,
): Promise<ExitCode> {
  const out = options.out ?? directory
  const { html, charts } = await drawn(directory)
  const written = [join(out, PAGE_FILE)]
  await replaceFiles(out, async (change) => {
    await change.write(PAGE_FILE, html)
    written.push(...(await writeCharts(change.below(CHARTS_FOLDER), options.charts, charts)))
  })
  print(options, { written }, written.map(visibleLine).join('\n'))
  return EXIT.ok
}
