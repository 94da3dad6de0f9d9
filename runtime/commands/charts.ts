import { join } from 'node:path'
import { InvalidArgumentError, Option } from 'commander'
import { type ChartFormat, drawCharts, type PageInput } from '../../reports/index.ts'
import { writeWhole } from '../write-whole.ts'

export const chartsOption = () =>
  new Option('--charts <formats>', 'also write each chart: svg, png or svg,png')
    .argParser(chartFormats)
    .default([], 'none')

function chartFormats(text: string): readonly ChartFormat[] {
  const formats = text.split(',')
  if (formats.every((format) => format === 'svg' || format === 'png')) return [...new Set(formats)]
  throw new InvalidArgumentError(`Expected svg, png or svg,png, got ${text}.`)
}

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
