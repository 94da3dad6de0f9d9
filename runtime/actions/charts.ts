import { join } from 'node:path'
import { type ChartFormat, drawCharts } from '../../reports/index.ts'
import type { FolderChange } from '../folders/replace-files.ts'

/** The folder of the charts in that of their report. */
export const CHARTS_FOLDER = 'charts'

/** Writes charts in every format; returns the paths. */
export async function writeCharts(
  change: FolderChange,
  formats: readonly ChartFormat[],
  charts: Parameters<typeof drawCharts>[1],
): Promise<string[]> {
  const drawn = await drawCharts(formats, charts)
  for (const { file, content } of drawn) await change.write(file, content)
  return drawn.map(({ file }) => join(change.directory, file))
}
