import { InvalidArgumentError, Option } from 'commander'
import type { ChartFormat } from '../../reports/index.ts'

export const chartsOption = () =>
  new Option('--charts <formats>', 'also write each chart, as svg, png or svg,png')
    .argParser(chartFormats)
    .default([], 'none')

function chartFormats(text: string): readonly ChartFormat[] {
  const formats = text.split(',')
  if (formats.every((format) => format === 'svg' || format === 'png')) return [...new Set(formats)]
  throw new InvalidArgumentError(`Expected svg, png or svg,png, got ${text}.`)
}
