export type { ReportInput } from './charts/index.ts'
export { comparisonText, resultText } from './markdown.ts'
export { type PageInput, reportHtml } from './page.ts'
export { type ChartFormat, writeCharts } from './write-charts.ts'
