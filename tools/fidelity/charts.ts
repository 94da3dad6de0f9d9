import type { TopLevelSpec } from 'vega-lite'
import type { FidelityReport } from './fidelity-report.ts'
import { mutantChart } from './mutant-chart.ts'
import { predictionChart } from './prediction-chart.ts'
import { structureChart } from './structure-chart.ts'
import { whatIfChart } from './what-if-chart.ts'

/** The charts of a fidelity report; null if the suite has no data for one. */
export const CHARTS = {
  structure: structureChart,
  'what-if': whatIfChart,
  prediction: predictionChart,
  mutants: mutantChart,
} as const satisfies Record<string, (report: FidelityReport, width: number) => TopLevelSpec | null>

export type ChartName = keyof typeof CHARTS
