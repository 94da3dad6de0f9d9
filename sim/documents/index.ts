export { type ArenaDocument, type ArenaReplica, arenaSchema } from './arena-document.ts'
export type { Assumptions } from './assumptions-document.ts'
export { type Audit, auditSchema } from './audit-document.ts'
export * from './comparison-document.ts'
export type { ConfigurationRow, Cost } from './configuration-document.ts'
export * from './documents.ts'
export type { MapChunk, MemorySeries, MemorySpace } from './memory-document.ts'
export { type Noise, type NoiseDecision, type NoiseThread, noiseSchema } from './noise-document.ts'
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
