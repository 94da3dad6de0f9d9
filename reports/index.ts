export { sidesOf } from './charts/frame.ts'
export { allCharts, type ChartFormat, drawCharts, type ReportInput } from './charts/index.ts'
export { blameCharts } from './charts/latency/blame-flows.ts'
export { sweepCharts } from './charts/sweep/index.ts'
export { fittedScenarioYaml } from './fit-yaml.ts'
export { fixed, plural, threeDigits } from './format.ts'
export {
  type EndedGate,
  endedAnnotations,
  endedJunit,
  endedMarkdown,
  type GateSubject,
} from './gate/ended-gate.ts'
export { gateAnnotations } from './gate/gate-annotations.ts'
export { type CommitRow, gateCsv, isGateCsv } from './gate/gate-csv.ts'
export { gateJunit } from './gate/gate-junit.ts'
export { gateMarkdown } from './gate/gate-markdown.ts'
export { gateText } from './gate/gate-text.ts'
export { blameHtml } from './page/blame-page.ts'
export { gateHtml } from './page/gate-page.ts'
export { type PageInput, reportHtml } from './page/page.ts'
export { planHtml } from './page/plan-page.ts'
export { sweepHtml } from './page/sweep-page.ts'
export { type FitSides, traceFitHtml } from './page/trace-fit-page.ts'
export { traceHtml } from './page/trace-page.ts'
export { variantsHtml } from './page/variants-page.ts'
export { alignColumns } from './terminal/align.ts'
export { blameText } from './terminal/blame-text.ts'
export { fitText } from './terminal/fit-text.ts'
export { noiseText } from './terminal/noise-text.ts'
export { planText } from './terminal/plan-text.ts'
export { resultPlots } from './terminal/plot/result-plots.ts'
export { sweepText } from './terminal/sweep-text.ts'
export { bothSidesText, comparisonText, objectivesText, resultText } from './terminal/terminal.ts'
export { type ClassFit, type TraceFitDocument, traceFitText } from './terminal/trace-fit-text.ts'
export { traceText } from './terminal/trace-text.ts'
export { variantsText } from './terminal/variants-text.ts'
export {
  type Timeline,
  type TimelineCounts,
  type TimelineInput,
  timelineOf,
} from './timeline/timeline.ts'
export type { ClassFindings, TraceDocument } from './trace-document.ts'
export { trafficYaml } from './traffic-yaml.ts'
