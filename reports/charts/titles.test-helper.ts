import { allCharts, type ChartName, type ReportInput } from './index.ts'

function headOf(input: ReportInput, name: ChartName) {
  const { title } = allCharts(input).find((chart) => chart.name === name)!.spec
  return title as { readonly text: string[]; readonly subtitle: string[] }
}

/** The finding of a chart, on one line. */
export const titleOf = (input: ReportInput, name: ChartName) => headOf(input, name).text.join(' ')

export const subtitleOf = (input: ReportInput, name: ChartName) =>
  headOf(input, name).subtitle.join(' ')
