export { type ArenaDocument, type ArenaReplica, arenaSchema } from './arena-document.ts'
export type { Assumptions } from './assumptions-document.ts'
export { type Audit, auditSchema } from './audit-document.ts'
export { type Blamed, type BottleneckName, blameSchema } from './blame-document.ts'
export {
  type Comparison,
  type ControlKernel,
  comparisonSchema,
  type StallFree,
  type TokenTimeComparison,
} from './comparison-document.ts'
export type { ConfigurationRow, Cost } from './configuration-document.ts'
export type { Estimate } from './document-parts.ts'
export { type Result, resultSchema } from './documents.ts'
export { type Evidence, type EvidenceValue, evidenceSchema } from './evidence-document.ts'
export { fewRunsText } from './few-runs-text.ts'
export { type Fit, fitSchema } from './fit-document.ts'
export {
  type BaselineEntry,
  type CaseVerdict,
  type Gate,
  type GateBaseline,
  type GateCase,
  type GateFigure,
  type GateMetric,
  type GateVerdict,
  gateBaseline,
  gateSchema,
} from './gate-document.ts'
export { type Host, hostSchema } from './host-document.ts'
export { type Idle, idleSchema } from './idle-document.ts'
export type { GateBlock, MeasuredGate } from './measured-gate.ts'
export type { ArenaFigures, MemoryComparison } from './memory-comparison.ts'
export type { MapChunk, MemorySeries, MemorySpace } from './memory-document.ts'
export {
  type MemoryShortage,
  memoryFailures,
  memoryShortages,
  preempts,
} from './memory-shortage.ts'
export { type Noise, type NoiseDecision, type NoiseThread, noiseSchema } from './noise-document.ts'
export { doNotCount, notCountedTexts } from './not-counted-text.ts'
export type { ErrorSplit, PercentileComparison, ReplayError } from './percentile-comparison.ts'
export { type Plan, type PlanRow, type PlanVerdict, planSchema } from './plan-document.ts'
export type {
  PoolAvailability,
  PoolEjections,
  PoolEnergy,
  PoolRegret,
  PoolResult,
  PoolRetries,
} from './pool-result.ts'
export { probabilityText } from './probability-text.ts'
export { type ReplicaUse, replicaUse } from './replica-use.ts'
export {
  type Counts,
  counts,
  type Distribution,
  type Percentiles,
  type ShedBy,
  shedBy,
  type TailPoint,
} from './request-figures.ts'
export type { ResidualFit } from './residual-document.ts'
export type { StepColumns, StepWindow } from './step-window.ts'
export {
  type Sweep,
  type SweepAnswer,
  type SweepManifest,
  type SweepRow,
  sweepManifestSchema,
  sweepRowSchema,
  sweepSchema,
  type TriedConfiguration,
  triedConfiguration,
} from './sweep-document.ts'
export { byRank, endOf, figureOf, type SweepEnd } from './sweep-ranking.ts'
export type { Series, Stability, Verdict } from './system-figures.ts'
export { namedTimes, tokenChecks } from './token-times.ts'
export type { Uncertainty } from './uncertainty-document.ts'
export {
  type MeasuredVariants,
  type OutputDrift,
  VARIANT_FIGURES,
  VARIANT_METRICS,
  type VariantFigures,
  type VariantMetric,
  type VariantRatio,
  type VariantResources,
  type Variants,
  variantsSchema,
} from './variants-document.ts'
export { best, byVerdict, worst, worstOrNull } from './verdicts.ts'
export type { WhatIf, WhatIfPercentile } from './what-if-document.ts'
