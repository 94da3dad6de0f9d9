import { join } from 'node:path'
import { type ChartFormat, drawCharts, type PageInput } from '../../reports/index.ts'
import { writeWhole } from '../write-whole.ts'

/** Writes every chart in every format to a directory; returns the paths written. */
export async function writeCharts(
  directory: string,
  formats: readonly ChartFormat[],
  page: PageInput,
): Promise<string[]> {
  const drawn = await drawCharts(formats, page)
  for (const { file, content } of drawn) await writeWhole(join(directory, file), content)
  return drawn.map(({ file }) => join(directory, file))
}
