export type { ReportInput } from './charts/index.ts'
export { type ChartFormat, drawCharts } from './draw-charts.ts'
export { comparisonText, resultText } from './markdown.ts'
export { type PageInput, reportHtml } from './page.ts'
