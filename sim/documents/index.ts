export { type ArenaDocument, type ArenaReplica, arenaSchema } from './arena-document.ts'
export type { Assumptions } from './assumptions-document.ts'
export { type Audit, auditSchema } from './audit-document.ts'
export * from './comparison-document.ts'
export type { ConfigurationRow, Cost } from './configuration-document.ts'
export * from './documents.ts'
export {
  type BaselineEntry,
  type CaseVerdict,
  type Gate,
  type GateBaseline,
  type GateBlock,
  type GateCase,
  type GateMetric,
  type GateVerdict,
  gateBaseline,
  gateSchema,
  type MeasuredGate,
} from './gate-document.ts'
export type { MapChunk, MemorySeries, MemorySpace } from './memory-document.ts'
export { type Noise, type NoiseDecision, type NoiseThread, noiseSchema } from './noise-document.ts'
export { doNotCount, notCountedTexts } from './not-counted-text.ts'
export { type Plan, type PlanRow, type PlanVerdict, planSchema } from './plan-document.ts'
export {
  type Sweep,
  type SweepManifest,
  type SweepRow,
  sweepManifestSchema,
  sweepRowSchema,
  sweepSchema,
} from './sweep-document.ts'
export { byRank, endOf, figureOf, type SweepEnd } from './sweep-ranking.ts'
export {
  type MeasuredVariants,
  type OutputDrift,
  VARIANT_METRICS,
  type VariantFigures,
  type VariantMetric,
  type VariantRatio,
  type Variants,
  variantsSchema,
} from './variants-document.ts'
